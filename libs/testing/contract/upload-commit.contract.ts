import {
  type Account,
  type AuditRecord,
  newAccountId,
  newUploadTokenId,
  UPLOAD_ADMIN,
  type UploadCommit,
  type UploadCommitOutcome,
  type UploadedFile,
  type UploadToken,
} from '@tollgate/domain';
import { buildAccount } from '../factories/build-account';
import { buildAuditRecord } from '../factories/build-audit-record';
import { buildUploadToken } from '../factories/build-upload-token';
import { buildUploadedFile } from '../factories/build-uploaded-file';
import { TEST_EPOCH_MS } from '../fake-clock';
import { auditTrail, type StoreUnderTest } from './store-under-test';

const LATER = new Date(TEST_EPOCH_MS + 60_000);
const PURGE_AT = new Date(TEST_EPOCH_MS + 90_000_000);

/** Part of the UploadTokenRepository suite: a finished upload becomes a file, or nothing at all. */
export function uploadCommitContract(store: () => StoreUnderTest): void {
  async function storedAccount(): Promise<Account> {
    const account = buildAccount();
    await store().accounts.insert(account, buildAuditRecord({ accountId: account.id, action: 'register_account' }));
    return account;
  }

  async function storedToken(accountId: string): Promise<UploadToken> {
    const token = buildUploadToken({ accountId });
    await store().uploadTokens.insert(token, buildAuditRecord({ accountId, action: 'issue_upload_token' }));
    return token;
  }

  const commitOf = (file: UploadedFile, quotaBytes?: number): UploadCommit => ({
    file,
    audit: uploaded(file),
    ...(quotaBytes !== undefined && { quotaBytes }),
  });
  const uploaded = ({ accountId, id }: UploadedFile): AuditRecord =>
    buildAuditRecord({ accountId, action: 'upload_file', resourceId: id });

  const fileOf = (token: UploadToken, size = 1_000): UploadedFile =>
    buildUploadedFile({ accountId: token.accountId, tokenId: token.id, size, createdAt: LATER });
  const commit = async (token: UploadToken, file: UploadedFile, quotaBytes?: number): Promise<UploadCommitOutcome> =>
    store().uploadTokens.commit(token.id, PURGE_AT, commitOf(file, quotaBytes));

  /** That a commit which was refused left nothing behind. */
  async function expectUnchanged(token: UploadToken, file: UploadedFile): Promise<void> {
    expect(await store().uploadTokens.findById(token.accountId, token.id)).toStrictEqual(token);
    expect(await store().uploadedFiles.findById(file.accountId, file.id)).toBeUndefined();
    expect(await auditTrail(store(), file.accountId, { resourceId: file.id })).toStrictEqual([]);
  }

  describe('commit', () => {
    it('ends the token as stored, and the file and its audit record are there when it answers', async () => {
      const account = await storedAccount();
      const token = await storedToken(account.id);
      const file = fileOf(token);
      const request = commitOf(file);

      expect(await store().uploadTokens.commit(token.id, PURGE_AT, request)).toBe('stored');
      expect(await store().uploadedFiles.findById(account.id, file.id)).toStrictEqual(file);
      expect(await store().uploadTokens.findById(account.id, token.id)).toStrictEqual({
        ...token,
        purgeAt: PURGE_AT,
        end: { reason: 'stored', at: LATER, fileId: file.id },
      });
      expect(await auditTrail(store(), account.id, { action: 'upload_file' })).toStrictEqual([request.audit]);
    });

    it('takes an upload that ends after its token has expired', async () => {
      const account = await storedAccount();
      const token = buildUploadToken({ accountId: account.id, expiresAt: new Date(TEST_EPOCH_MS + 1) });
      await store().uploadTokens.insert(token, buildAuditRecord({ accountId: account.id }));

      expect(await commit(token, fileOf(token))).toBe('stored');
    });

    it('counts the upload administrator as active', async () => {
      const token = await storedToken(UPLOAD_ADMIN);

      expect(await commit(token, fileOf(token))).toBe('stored');
    });

    it('answers ended, and changes nothing, when the token has its end or is gone', async () => {
      const account = await storedAccount();
      const token = await storedToken(account.id);
      await store().uploadTokens.revoke(
        account.id,
        token.id,
        LATER,
        PURGE_AT,
        buildAuditRecord({ accountId: account.id }),
      );
      const ended = { ...token, purgeAt: PURGE_AT, end: { reason: 'revoked' as const, at: LATER } };
      const late = fileOf(token);

      expect(await commit(token, late)).toBe('ended');
      await expectUnchanged(ended, late);
      const gone = buildUploadToken({ accountId: account.id, id: newUploadTokenId() });
      expect(await commit(gone, fileOf(gone))).toBe('ended');
    });

    it('answers suspended, and changes nothing, when the account is suspended or gone', async () => {
      const account = await storedAccount();
      const audit = (): AuditRecord => buildAuditRecord({ accountId: account.id, action: 'status' });
      const tokens = [await storedToken(account.id), await storedToken(newAccountId())];
      await store().accounts.setStatus(account.id, 'suspended', LATER, audit());

      for (const token of tokens) {
        const file = fileOf(token);
        expect(await commit(token, file)).toBe('suspended');
        await expectUnchanged(token, file);
      }
      await store().accounts.setStatus(account.id, 'active', LATER, audit());
      for (const token of tokens.slice(0, 1)) expect(await commit(token, fileOf(token))).toBe('stored');
    });

    it('answers quota, and changes nothing, from one byte too many on', async () => {
      const account = await storedAccount();
      const [first, second] = [await storedToken(account.id), await storedToken(account.id)];
      expect(await commit(first, fileOf(first, 600), 600)).toBe('stored');

      const tooMuch = fileOf(second, 401);
      expect(await commit(second, tooMuch, 1_000)).toBe('quota');
      await expectUnchanged(second, tooMuch);
      expect(await commit(second, fileOf(second, 400), 1_000)).toBe('stored');
      expect(await store().uploadedFiles.usedBytes(account.id)).toBe(1_000);
    });

    it('counts neither the files of other accounts nor deleted ones into the quota', async () => {
      const [account, other] = [await storedAccount(), await storedAccount()];
      const elsewhere = await storedToken(other.id);
      await commit(elsewhere, fileOf(elsewhere, 1_000));
      const [first, second] = [await storedToken(account.id), await storedToken(account.id)];
      const deleted = fileOf(first, 1_000);
      expect(await commit(first, deleted, 1_000)).toBe('stored');
      await store().uploadedFiles.delete(account.id, deleted.id, buildAuditRecord({ accountId: account.id }));

      expect(await commit(second, fileOf(second, 1_000), 1_000)).toBe('stored');
    });

    it('stores exactly as many of 20 at once as the quota has room for', async () => {
      const account = await storedAccount();
      const tokens = await Promise.all(Array.from({ length: 20 }, () => storedToken(account.id)));
      const another = await store().openAnother?.();
      try {
        const outcomes = await Promise.all(
          tokens.map(async (token, index) => {
            const on = index % 2 === 0 ? store() : (another ?? store());
            return on.uploadTokens.commit(token.id, PURGE_AT, commitOf(fileOf(token, 1_000), 3_999));
          }),
        );

        expect(outcomes.filter((outcome) => outcome === 'stored')).toHaveLength(3);
        expect(outcomes.filter((outcome) => outcome === 'quota')).toHaveLength(17);
        expect(await store().uploadedFiles.usedBytes(account.id)).toBe(3_000);
        expect(await auditTrail(store(), account.id, { action: 'upload_file' })).toHaveLength(3);
        const open = await store().uploadTokens.list(account.id, { openAt: LATER }, { limit: 1, offset: 0 });
        expect(open.total).toBe(17);
      } finally {
        await another?.teardown();
      }
    });
  });
}

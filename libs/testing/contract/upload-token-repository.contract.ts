import {
  type Account,
  type AuditRecord,
  newAccountId,
  newUploadTokenId,
  UPLOAD_ADMIN,
  type UploadToken,
} from '@tollgate/domain';
import { buildAccount } from '../factories/build-account';
import { buildAuditRecord } from '../factories/build-audit-record';
import { buildUploadToken } from '../factories/build-upload-token';
import { buildUploadedFile } from '../factories/build-uploaded-file';
import { TEST_EPOCH_MS } from '../fake-clock';
import { auditTrail, type StoreSetup, useStore } from './store-under-test';
import { uploadCommitContract } from './upload-commit.contract';
import { uploadTokenEndContract } from './upload-token-end.contract';
import { uploadTokenListContract } from './upload-token-list.contract';
import { uploadTokenPurgeContract } from './upload-token-purge.contract';
import { uploadTokenSuspensionContract } from './upload-token-suspension.contract';

const LATER = new Date(TEST_EPOCH_MS + 60_000);
const PURGE_AT = new Date(TEST_EPOCH_MS + 90_000_000);

/** What every {@link UploadTokenRepository} guarantees. */
export function uploadTokenRepositoryContract(name: string, setup: StoreSetup): void {
  describe(`${name}: UploadTokenRepository`, () => {
    const store = useStore(setup);

    async function storedAccount(): Promise<Account> {
      const account = buildAccount();
      await store().accounts.insert(account, buildAuditRecord({ accountId: account.id, action: 'register_account' }));
      return account;
    }

    async function stored(overrides: Parameters<typeof buildUploadToken>[0]): Promise<UploadToken> {
      const token = buildUploadToken(overrides);
      await store().uploadTokens.insert(token, issued(token));
      return token;
    }

    const issued = (token: UploadToken): AuditRecord =>
      buildAuditRecord({ accountId: token.accountId, action: 'issue_upload_token', resourceId: token.id });

    describe('insert', () => {
      it('keeps every field', async () => {
        const token = await stored({
          accountId: newAccountId(),
          options: {
            maxBytes: 2 ** 42,
            allowedTypes: ['video/mp4', 'video/*'],
            fileName: `it's "ünïcode" 🔑 \\ %_.mp4`,
            fileNamePrefix: 'cam-1 ',
            ownerLabel: `o'neill`,
            callback: {
              url: 'https://client.example/uploads?site=1',
              secret: { keyId: 'k1', envelope: 'v1.k1.bm9uY2U.c2VjcmV0' },
            },
          },
          iuid: '8675309',
          createdAt: new Date(TEST_EPOCH_MS + 7),
          expiresAt: new Date('2027-01-01T00:00:00.001Z'),
          purgeAt: new Date('2027-01-02T00:00:00.001Z'),
        });

        expect(await store().uploadTokens.findById(token.accountId, token.id)).toStrictEqual(token);
        expect(await store().uploadTokens.findByIdAcrossAccounts(token.id)).toStrictEqual(token);
      });

      it('leaves fields that were not given absent, not null', async () => {
        const token = await stored({ accountId: newAccountId() });
        const narrowed = await stored({ accountId: newAccountId(), options: { allowedTypes: [] } });

        expect(await store().uploadTokens.findById(token.accountId, token.id)).toStrictEqual(token);
        expect(await store().uploadTokens.findById(narrowed.accountId, narrowed.id)).toStrictEqual(narrowed);
      });

      it('keeps the audit record with the token', async () => {
        const token = buildUploadToken({ accountId: newAccountId() });
        const audit = issued(token);
        await store().uploadTokens.insert(token, audit);

        expect(await auditTrail(store(), token.accountId)).toStrictEqual([audit]);
      });

      it.each([
        ['id', (taken: UploadToken) => buildUploadToken({ accountId: taken.accountId, id: taken.id })],
        ['token', (taken: UploadToken) => buildUploadToken({ accountId: taken.accountId, hash: taken.hash })],
      ])('refuses a taken %s, also of another account, and then audits nothing', async (field, build) => {
        const taken = await stored({ accountId: newAccountId() });

        for (const accountId of [taken.accountId, newAccountId()]) {
          const rival = { ...build(taken), accountId };
          const refused = buildAuditRecord({ accountId, action: 'refused', resourceId: rival.id });
          await expect(store().uploadTokens.insert(rival, refused)).rejects.toMatchObject({
            name: 'DuplicateError',
            field,
          });
          expect(await auditTrail(store(), accountId, { action: 'refused' })).toStrictEqual([]);
        }
        expect(await store().uploadTokens.findById(taken.accountId, taken.id)).toStrictEqual(taken);
      });

      it('takes many at once', async () => {
        const accountId = newAccountId();
        const tokens = await Promise.all(Array.from({ length: 100 }, () => stored({ accountId })));

        const page = await store().uploadTokens.list(accountId, {}, { limit: 1000, offset: 0 });
        expect(page.items.map(({ id }) => id)).toStrictEqual(tokens.map(({ id }) => id).sort());
        expect(await auditTrail(store(), accountId)).toHaveLength(100);
      });
    });

    describe('findCredentialByHash', () => {
      it('answers the token with the status of its account, as that is now', async () => {
        const account = await storedAccount();
        const token = await stored({ accountId: account.id });
        expect(await store().uploadTokens.findCredentialByHash(token.hash)).toStrictEqual({
          token,
          accountStatus: 'active',
        });

        const audit = buildAuditRecord({ accountId: account.id, action: 'suspend_account' });
        await store().accounts.setStatus(account.id, 'suspended', LATER, audit);
        expect(await store().uploadTokens.findCredentialByHash(token.hash)).toStrictEqual({
          token,
          accountStatus: 'suspended',
        });
      });

      it(`counts the upload administrator as active`, async () => {
        const token = await stored({ accountId: UPLOAD_ADMIN });

        expect(await store().uploadTokens.findCredentialByHash(token.hash)).toStrictEqual({
          token,
          accountStatus: 'active',
        });
      });

      it('answers a token whose account is gone without a status', async () => {
        const token = await stored({ accountId: newAccountId() });

        expect(await store().uploadTokens.findCredentialByHash(token.hash)).toStrictEqual({
          token,
          accountStatus: undefined,
        });
      });

      it('answers tokens that are expired or have their end too, for the caller to judge', async () => {
        const token = await stored({ accountId: UPLOAD_ADMIN, expiresAt: new Date(0) });
        await store().uploadTokens.refuse(UPLOAD_ADMIN, token.id, LATER, PURGE_AT, issued(token));

        expect((await store().uploadTokens.findCredentialByHash(token.hash))?.token).toStrictEqual({
          ...token,
          purgeAt: PURGE_AT,
          end: { reason: 'refused', at: LATER },
        });
      });

      it('knows nothing of a hash never stored', async () => {
        expect(await store().uploadTokens.findCredentialByHash(Buffer.alloc(32))).toBeUndefined();
      });
    });

    it(`answers another account's token exactly like one that does not exist, and audits nothing`, async () => {
      const owner = await storedAccount();
      const stranger = await storedAccount();
      const token = await stored({ accountId: owner.id });

      for (const tokenId of [token.id, newUploadTokenId(), `' OR '1'='1`]) {
        const audit = (): AuditRecord => buildAuditRecord({ accountId: stranger.id, resourceId: tokenId });
        const { uploadTokens } = store();
        expect(await uploadTokens.findById(stranger.id, tokenId)).toBeUndefined();
        expect(await uploadTokens.revoke(stranger.id, tokenId, LATER, PURGE_AT, audit())).toBeUndefined();
        expect(await uploadTokens.refuse(stranger.id, tokenId, LATER, PURGE_AT, audit())).toBe(false);
        const file = buildUploadedFile({ accountId: stranger.id, tokenId });
        expect(await uploadTokens.commit(tokenId, PURGE_AT, { file, audit: audit() })).toBe('ended');
        expect(await store().uploadedFiles.findByIdAcrossAccounts(file.id)).toBeUndefined();
      }
      expect(await store().uploadTokens.revokeAll(stranger.id, LATER, PURGE_AT)).toBe(0);
      expect((await auditTrail(store(), stranger.id)).map(({ action }) => action)).toStrictEqual(['register_account']);
      expect(await store().uploadTokens.findById(owner.id, token.id)).toStrictEqual(token);
    });

    uploadTokenListContract(store);
    uploadTokenSuspensionContract(store);
    uploadTokenEndContract(store);
    uploadCommitContract(store);
    uploadTokenPurgeContract(store);
  });
}

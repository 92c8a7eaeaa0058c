import { type AuditRecord, newAccountId, newUploadTokenId, UPLOAD_ADMIN, type UploadToken } from '@tollgate/domain';
import { buildAuditRecord } from '../factories/build-audit-record';
import { buildUploadToken } from '../factories/build-upload-token';
import { buildUploadCallback, buildUploadedFile } from '../factories/build-uploaded-file';
import { TEST_EPOCH_MS } from '../fake-clock';
import { auditTrail, type StoreUnderTest } from './store-under-test';

const AT = new Date(TEST_EPOCH_MS + 60_000);
const LATER = new Date(TEST_EPOCH_MS + 120_000);
const PURGE_AT = new Date(TEST_EPOCH_MS + 90_000_000);
const LATER_PURGE_AT = new Date(TEST_EPOCH_MS + 99_000_000);

/** Part of the UploadTokenRepository suite: a token has one end, whoever brings it about. */
export function uploadTokenEndContract(store: () => StoreUnderTest): void {
  async function stored(accountId: string): Promise<UploadToken> {
    const token = buildUploadToken({ accountId });
    const audit = buildAuditRecord({ accountId, action: 'issue_upload_token', resourceId: token.id });
    await store().uploadTokens.insert(token, audit);
    return token;
  }

  const ending = (token: UploadToken): AuditRecord =>
    buildAuditRecord({ accountId: token.accountId, action: 'end', resourceId: token.id });
  const endings = async (token: UploadToken): Promise<readonly AuditRecord[]> =>
    auditTrail(store(), token.accountId, { action: 'end', resourceId: token.id });
  const find = async ({ accountId, id }: UploadToken): Promise<UploadToken | undefined> =>
    store().uploadTokens.findById(accountId, id);

  describe('revoke', () => {
    it('ends a token, answers it as it is now and keeps the audit record', async () => {
      const token = await stored(newAccountId());
      const audit = ending(token);

      const revoked = await store().uploadTokens.revoke(token.accountId, token.id, AT, PURGE_AT, audit);

      expect(revoked).toStrictEqual({ ...token, purgeAt: PURGE_AT, end: { reason: 'revoked', at: AT } });
      expect(await find(token)).toStrictEqual(revoked);
      expect(await endings(token)).toStrictEqual([audit]);
    });

    it('answers the end that a token has already, changes nothing and audits nothing', async () => {
      const token = await stored(newAccountId());
      await store().uploadTokens.refuse(token.accountId, token.id, AT, PURGE_AT, ending(token));

      const told = await store().uploadTokens.revoke(token.accountId, token.id, LATER, LATER_PURGE_AT, ending(token));

      expect(told).toStrictEqual({ ...token, purgeAt: PURGE_AT, end: { reason: 'refused', at: AT } });
      expect(await find(token)).toStrictEqual(told);
      expect(await endings(token)).toHaveLength(1);
    });

    it('works on the tokens of the upload administrator', async () => {
      const token = await stored(UPLOAD_ADMIN);

      const revoked = await store().uploadTokens.revoke(UPLOAD_ADMIN, token.id, AT, PURGE_AT, ending(token));
      expect(revoked?.end).toStrictEqual({ reason: 'revoked', at: AT });
    });
  });

  describe('revokeAll', () => {
    it('ends what is open of one account, and leaves other ends and other accounts alone', async () => {
      const accountId = newAccountId();
      const open = [await stored(accountId), await stored(accountId)];
      const refused = await stored(accountId);
      await store().uploadTokens.refuse(accountId, refused.id, AT, PURGE_AT, ending(refused));
      const elsewhere = await stored(newAccountId());

      expect(await store().uploadTokens.revokeAll(accountId, LATER, LATER_PURGE_AT)).toBe(2);

      for (const token of open) {
        const end = { reason: 'revoked', at: LATER };
        expect(await find(token)).toStrictEqual({ ...token, purgeAt: LATER_PURGE_AT, end });
      }
      expect((await find(refused))?.end).toStrictEqual({ reason: 'refused', at: AT });
      expect(await find(elsewhere)).toStrictEqual(elsewhere);
      expect(await store().uploadTokens.revokeAll(accountId, LATER, LATER_PURGE_AT)).toBe(0);
    });
  });

  describe('refuse', () => {
    it('ends a token and keeps the audit record', async () => {
      const token = await stored(newAccountId());
      const audit = ending(token);

      expect(await store().uploadTokens.refuse(token.accountId, token.id, AT, PURGE_AT, audit)).toBe(true);
      expect(await find(token)).toStrictEqual({ ...token, purgeAt: PURGE_AT, end: { reason: 'refused', at: AT } });
      expect(await endings(token)).toStrictEqual([audit]);
    });

    it('changes nothing and audits nothing when the token has its end or is gone', async () => {
      const token = await stored(newAccountId());
      await store().uploadTokens.revoke(token.accountId, token.id, AT, PURGE_AT, ending(token));
      const ended = await find(token);

      const refuse = async (tokenId: string): Promise<boolean> =>
        store().uploadTokens.refuse(token.accountId, tokenId, LATER, LATER_PURGE_AT, ending(token));
      expect(await refuse(token.id)).toBe(false);
      expect(await refuse(newUploadTokenId())).toBe(false);
      expect(await find(token)).toStrictEqual(ended);
      expect(await endings(token)).toHaveLength(1);
    });
  });

  describe('of all that could end a token at once', () => {
    /** Brings the end about in one way; says whether it did. */
    type Ending = (on: StoreUnderTest, token: UploadToken) => Promise<boolean>;

    const commit: Ending = async (on, token) => {
      const file = buildUploadedFile({ accountId: token.accountId, tokenId: token.id });
      const callback = buildUploadCallback(file);
      const outcome = await on.uploadTokens.commit(token.id, PURGE_AT, { file, callback, audit: ending(token) });
      return outcome === 'stored';
    };
    const refuse: Ending = async (on, token) =>
      on.uploadTokens.refuse(token.accountId, token.id, AT, PURGE_AT, ending(token));
    const revoke: Ending = async (on, token) => {
      // Each at an instant of its own, to tell the one that did it.
      const at = new Date(TEST_EPOCH_MS + Math.floor(Math.random() * 1e12));
      const told = await on.uploadTokens.revoke(token.accountId, token.id, at, PURGE_AT, ending(token));
      return told?.end?.reason === 'revoked' && told.end.at.getTime() === at.getTime();
    };

    it.each<[string, readonly Ending[], string[]]>([
      ['50 commits', [commit], ['stored']],
      ['50 revocations', [revoke], ['revoked']],
      ['commits, refusals and revocations', [commit, refuse, revoke], ['stored', 'refused', 'revoked']],
    ])('exactly one does, and that is audited once: %s', async (_, ways, reasons) => {
      const token = await stored(UPLOAD_ADMIN);
      const another = await store().openAnother?.();
      try {
        const ended = await Promise.all(
          Array.from({ length: 50 }, async (__, index) => {
            const on = index % 2 === 0 ? store() : (another ?? store());
            return ways[index % ways.length]?.(on, token);
          }),
        );

        expect(ended.filter(Boolean)).toHaveLength(1);
        const end = (await find(token))?.end;
        expect(reasons).toContain(end?.reason);
        expect(await endings(token)).toHaveLength(1);
        const files = await store().uploadedFiles.list(UPLOAD_ADMIN, { tokenId: token.id }, { limit: 100, offset: 0 });
        expect(files.items.map(({ id }) => id)).toStrictEqual(end?.fileId === undefined ? [] : [end.fileId]);
        expect(files.total).toBe(end?.reason === 'stored' ? 1 : 0);
      } finally {
        await another?.teardown();
      }
    });
  });
}

import { newAccountId, UPLOAD_ADMIN, type UploadToken } from '@tollgate/domain';
import { buildAuditRecord } from '../factories/build-audit-record';
import { buildUploadToken } from '../factories/build-upload-token';
import { buildUploadedFile } from '../factories/build-uploaded-file';
import type { StoreUnderTest } from './store-under-test';

/** Long before every other time in the suites, so that a purge up to here meets only what was put here. */
const DUE = new Date('2001-01-01T00:00:00.000Z');
const HOLD_MS = 30_000;
const BOUNDS = { holdMs: HOLD_MS, maxAttempts: 5, maxReceivedBytes: 1_000 };

const after = (ms: number): Date => new Date(DUE.getTime() + ms);

/** Part of the UploadTokenRepository suite: what happens when a token's record has outlived its retention. */
export function uploadTokenPurgeContract(store: () => StoreUnderTest): void {
  async function stored(accountId: string, purgeAt: Date): Promise<UploadToken> {
    const token = buildUploadToken({ accountId, purgeAt });
    await store().uploadTokens.insert(token, buildAuditRecord({ accountId, resourceId: token.id }));
    await store().settle?.();
    return token;
  }

  const find = async ({ accountId, id }: UploadToken): Promise<UploadToken | undefined> =>
    store().uploadTokens.findById(accountId, id);

  describe('purge', () => {
    it('removes tokens whose time has come, and no others', async () => {
      const accountId = newAccountId();
      const due = await stored(accountId, DUE);
      const early = await stored(accountId, after(1));

      expect(await store().uploadTokens.purge(DUE, 100)).toBe(1);
      expect(await find(due)).toBeUndefined();
      expect(await store().uploadTokens.findCredentialByHash(due.hash)).toBeUndefined();
      expect(await find(early)).toStrictEqual(early);
      expect(await store().uploadTokens.purge(after(1), 100)).toBe(1);
    });

    it('goes by the purge time that the end of a token gave it, and leaves its file', async () => {
      const token = await stored(UPLOAD_ADMIN, DUE);
      const file = buildUploadedFile({ accountId: UPLOAD_ADMIN, tokenId: token.id });
      const audit = buildAuditRecord({ accountId: UPLOAD_ADMIN });
      await store().uploadTokens.commit(token.id, after(5), { file, audit });
      await store().settle?.();

      expect(await store().uploadTokens.purge(DUE, 100)).toBe(0);
      expect(await store().uploadTokens.purge(after(5), 100)).toBe(1);
      expect(await find(token)).toBeUndefined();
      expect(await store().uploadedFiles.findById(UPLOAD_ADMIN, file.id)).toStrictEqual(file);
    });

    it('leaves a token that is being uploaded with until nobody holds it, and takes others in its place', async () => {
      const accountId = newAccountId();
      const held = await stored(accountId, DUE);
      await store().uploadReservations.reserve(held, 'holder', DUE, BOUNDS);
      const idle = await stored(accountId, after(1));

      expect(await store().uploadTokens.purge(after(1), 1)).toBe(1);
      expect(await find(idle)).toBeUndefined();
      expect(await store().uploadTokens.purge(after(HOLD_MS - 1), 10)).toBe(0);
      expect(await find(held)).toStrictEqual(held);
      expect(await store().uploadTokens.purge(after(HOLD_MS), 10)).toBe(1);
    });

    it('removes a token that was released', async () => {
      const token = await stored(newAccountId(), DUE);
      await store().uploadReservations.reserve(token, 'holder', DUE, BOUNDS);
      await store().uploadReservations.release(token, 'holder', 0);

      expect(await store().uploadTokens.purge(DUE, 10)).toBe(1);
    });

    it('removes no more than its limit at once', async () => {
      const accountId = newAccountId();
      for (let count = 0; count < 5; count++) await stored(accountId, DUE);

      const gone: number[] = [];
      for (let round = 0; round < 4; round++) gone.push(await store().uploadTokens.purge(DUE, 2));

      expect(gone).toStrictEqual([2, 2, 1, 0]);
      expect((await store().uploadTokens.list(accountId, {}, { limit: 10, offset: 0 })).total).toBe(0);
    });
  });
}

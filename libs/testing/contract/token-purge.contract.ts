import { newAccountId, type Token } from '@tollgate/domain';
import { buildAuditRecord } from '../factories/build-audit-record';
import { buildToken } from '../factories/build-token';
import { buildUsage, buildUsageBatch } from '../factories/build-usage';
import type { StoreUnderTest } from './store-under-test';

/** Long before every other time in the suites, so that a purge up to here meets only what was put here. */
const DUE = new Date('2001-01-01T00:00:00.000Z');

/** Part of the TokenRepository suite: what happens when a token's record has outlived its retention. */
export function tokenPurgeContract(store: () => StoreUnderTest): void {
  async function stored(accountId: string, purgeAt: Date | undefined): Promise<Token> {
    const token = buildToken({ accountId, purgeAt, expiresAt: new Date(0) });
    await store().tokens.insert(token, buildAuditRecord({ accountId, resourceId: token.id }));
    return token;
  }

  describe('purge', () => {
    it('removes tokens whose time has come, with their usage, and no others', async () => {
      const accountId = newAccountId();
      const due = await stored(accountId, DUE);
      const early = await stored(accountId, new Date(DUE.getTime() + 1));
      const endless = await stored(accountId, undefined);
      await store().tokens.recordUsage(buildUsageBatch([buildUsage(due, 0, { valid: 1 }, new Date(0))]));

      expect(await store().tokens.purge(DUE, 100)).toBe(1);
      expect(await store().tokens.findById(accountId, due.id)).toBeUndefined();
      expect(await store().tokens.listUsage(accountId, due.id, 'day', 0, 24)).toStrictEqual([]);
      expect(await store().tokens.findById(accountId, early.id)).toStrictEqual(early);
      expect(await store().tokens.findById(accountId, endless.id)).toStrictEqual(endless);
      expect(await store().tokens.purge(new Date(DUE.getTime() + 1), 100)).toBe(1);
    });

    it('removes no more than its limit at once', async () => {
      const accountId = newAccountId();
      for (let count = 0; count < 5; count++) await stored(accountId, DUE);

      const gone: number[] = [];
      for (let round = 0; round < 4; round++) gone.push(await store().tokens.purge(DUE, 2));

      expect(gone).toStrictEqual([2, 2, 1, 0]);
      expect((await store().tokens.list(accountId, {}, { limit: 10, offset: 0 })).total).toBe(0);
    });
  });
}

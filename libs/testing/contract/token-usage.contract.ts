import { type DailyUsage, newAccountId, newTokenId, type Token, type TokenUsage } from '@tollgate/domain';
import { buildAuditRecord } from '../factories/build-audit-record';
import { buildToken } from '../factories/build-token';
import { TEST_EPOCH_MS } from '../fake-clock';
import { type StoreSetup, useStore } from './store-under-test';

const at = (seconds: number): Date => new Date(TEST_EPOCH_MS + seconds * 1000);

/** What every {@link TokenRepository} guarantees of the usage it is told. */
export function tokenUsageContract(name: string, setup: StoreSetup): void {
  describe(`${name}: usage of tokens`, () => {
    const store = useStore(setup);

    async function stored(accountId = newAccountId()): Promise<Token> {
      const token = buildToken({ accountId });
      await store().tokens.insert(token, buildAuditRecord({ accountId, resourceId: token.id }));
      return token;
    }

    const usage = ({ accountId, id }: Token, day: string, requests: number, lastUsedAt: Date): TokenUsage => ({
      accountId,
      tokenId: id,
      day,
      requests,
      lastUsedAt,
    });

    const days = async (token: Token, from = '2000-01-01', to = '2100-01-01'): Promise<readonly DailyUsage[]> =>
      store().tokens.listDailyUsage(token.accountId, token.id, from, to);

    it('adds up over batches, in totals and per day', async () => {
      const token = await stored();
      const other = await stored();
      await store().tokens.recordUsage([
        usage(token, '2026-01-04', 3, at(1)),
        usage(other, '2026-01-04', 1, at(1)),
        usage(token, '2026-01-05', 2, at(2)),
      ]);
      await store().tokens.recordUsage([usage(token, '2026-01-05', 5, at(3))]);

      expect(await store().tokens.findById(token.accountId, token.id)).toStrictEqual({
        ...token,
        totalRequests: 10,
        lastUsedAt: at(3),
      });
      expect(await days(token)).toStrictEqual([
        { day: '2026-01-04', requests: 3 },
        { day: '2026-01-05', requests: 7 },
      ]);
      expect(await days(other)).toStrictEqual([{ day: '2026-01-04', requests: 1 }]);
    });

    it('adds up several entries of one token and day within a batch', async () => {
      const token = await stored();
      await store().tokens.recordUsage([usage(token, '2026-01-04', 3, at(2)), usage(token, '2026-01-04', 4, at(1))]);

      expect(await days(token)).toStrictEqual([{ day: '2026-01-04', requests: 7 }]);
      expect(await store().tokens.findById(token.accountId, token.id)).toMatchObject({
        totalRequests: 7,
        lastUsedAt: at(2),
      });
    });

    it('never moves lastUsedAt back', async () => {
      const token = await stored();
      await store().tokens.recordUsage([usage(token, '2026-01-04', 1, at(10))]);
      await store().tokens.recordUsage([usage(token, '2026-01-04', 1, at(5))]);

      const found = await store().tokens.findById(token.accountId, token.id);
      expect(found?.lastUsedAt).toStrictEqual(at(10));
      expect(found?.totalRequests).toBe(2);
    });

    it('counts everything of 50 parallel batches', async () => {
      const token = await stored();
      await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          store().tokens.recordUsage([usage(token, '2026-01-04', 2, at(index))]),
        ),
      );

      expect(await days(token)).toStrictEqual([{ day: '2026-01-04', requests: 100 }]);
      expect(await store().tokens.findById(token.accountId, token.id)).toMatchObject({
        totalRequests: 100,
        lastUsedAt: at(49),
      });
    });

    it('skips tokens that are gone or of another account, and counts the rest', async () => {
      const token = await stored();
      const gone = await stored();
      await store().tokens.delete(gone.accountId, gone.id, buildAuditRecord({ accountId: gone.accountId }));
      await store().tokens.recordUsage([
        usage(gone, '2026-01-04', 1, at(1)),
        usage({ ...token, id: newTokenId() }, '2026-01-04', 1, at(1)),
        usage({ ...token, accountId: newAccountId() }, '2026-01-04', 1, at(1)),
        usage(token, '2026-01-04', 1, at(1)),
      ]);

      expect(await days(token)).toStrictEqual([{ day: '2026-01-04', requests: 1 }]);
      expect(await days(gone)).toStrictEqual([]);
      expect(await store().tokens.findById(gone.accountId, gone.id)).toBeUndefined();
    });

    it('takes an empty batch', async () => {
      await expect(store().tokens.recordUsage([])).resolves.toBeUndefined();
    });

    it('lists days oldest first, both ends included', async () => {
      const token = await stored();
      await store().tokens.recordUsage(
        ['2026-01-03', '2025-12-31', '2026-01-01', '2026-01-02'].map((day) => usage(token, day, 1, at(1))),
      );

      const listed = await days(token, '2026-01-01', '2026-01-02');
      expect(listed.map((entry) => entry.day)).toStrictEqual(['2026-01-01', '2026-01-02']);
      expect((await days(token)).map((entry) => entry.day)).toStrictEqual([
        '2025-12-31',
        '2026-01-01',
        '2026-01-02',
        '2026-01-03',
      ]);
    });

    it('forgets the days of a token that is deleted', async () => {
      const token = await stored();
      await store().tokens.recordUsage([usage(token, '2026-01-04', 1, at(1))]);
      await store().tokens.delete(token.accountId, token.id, buildAuditRecord({ accountId: token.accountId }));

      expect(await days(token)).toStrictEqual([]);
    });

    it('leaves updatedAt as it was, because nobody changed the token', async () => {
      const token = await stored();
      await store().tokens.recordUsage([usage(token, '2026-01-04', 1, at(100))]);

      expect((await store().tokens.findById(token.accountId, token.id))?.updatedAt).toStrictEqual(token.updatedAt);
    });
  });
}

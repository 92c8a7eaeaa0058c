import { newAccountId, newTokenId, type Token, type UsageBucket, type UsageGranularity } from '@tollgate/domain';
import { buildAuditRecord } from '../factories/build-audit-record';
import { buildToken } from '../factories/build-token';
import { buildUsage, buildUsageBatch } from '../factories/build-usage';
import { TEST_EPOCH_MS } from '../fake-clock';
import { type StoreSetup, useStore } from './store-under-test';
import { tokenUsageBatchContract } from './token-usage-batch.contract';
import { tokenUsageFoldContract } from './token-usage-fold.contract';

const at = (seconds: number): Date => new Date(TEST_EPOCH_MS + seconds * 1000);
const DAY = Math.floor(TEST_EPOCH_MS / 86_400_000) * 24;
const NOON = DAY + 12;
const TOMORROW = DAY + 24;

/** What every {@link TokenRepository} guarantees of the usage it is told. */
export function tokenUsageContract(name: string, setup: StoreSetup): void {
  describe(`${name}: usage of tokens`, () => {
    const store = useStore(setup);

    async function stored(overrides: Partial<Token> = {}): Promise<Token> {
      const token = buildToken({ accountId: newAccountId(), ...overrides });
      await store().tokens.insert(token, buildAuditRecord({ accountId: token.accountId, resourceId: token.id }));
      return token;
    }

    const record = async (...entries: readonly ReturnType<typeof buildUsage>[]): Promise<void> =>
      store().tokens.recordUsage(buildUsageBatch(entries));

    const list = async (
      { accountId, id }: Pick<Token, 'accountId' | 'id'>,
      granularity: UsageGranularity,
      fromHour = DAY - 240,
      toHour = DAY + 240,
    ): Promise<readonly UsageBucket[]> => store().tokens.listUsage(accountId, id, granularity, fromHour, toHour);

    const found = async ({ accountId, id }: Token): Promise<Token | undefined> =>
      store().tokens.findById(accountId, id);

    describe('recordUsage', () => {
      it('adds up over batches by hour and result, in hours, days and totals', async () => {
        const token = await stored();
        const other = await stored();
        await record(
          buildUsage(token, NOON, { valid: 3, limited: 1 }, at(1)),
          buildUsage(other, NOON, { valid: 1 }, at(1)),
          buildUsage(token, TOMORROW, { valid: 2 }, at(2)),
        );
        await record(buildUsage(token, NOON + 1, { valid: 5, scope: 2 }, at(3)));
        await record(buildUsage(token, NOON, { valid: 10, inactive: 7 }, at(4)));

        expect(await list(token, 'hour')).toStrictEqual([
          { startHour: NOON, counts: { valid: 13, limited: 1, inactive: 7 } },
          { startHour: NOON + 1, counts: { valid: 5, scope: 2 } },
          { startHour: TOMORROW, counts: { valid: 2 } },
        ]);
        expect(await list(token, 'day')).toStrictEqual([
          { startHour: DAY, counts: { valid: 18, limited: 1, inactive: 7, scope: 2 } },
          { startHour: TOMORROW, counts: { valid: 2 } },
        ]);
        expect(await found(token)).toStrictEqual({ ...token, totalRequests: 20, lastUsedAt: at(4) });
        expect(await list(other, 'hour')).toStrictEqual([{ startHour: NOON, counts: { valid: 1 } }]);
        expect(await list(other, 'day')).toStrictEqual([{ startHour: DAY, counts: { valid: 1 } }]);
      });

      it('keeps every result apart', async () => {
        const token = await stored();
        const counts = { valid: 1, scope: 2, inactive: 3, expired: 4, suspended: 5, limited: 6 };
        await record(buildUsage(token, NOON, counts, at(1)));

        expect(await list(token, 'hour')).toStrictEqual([{ startHour: NOON, counts }]);
        expect(await list(token, 'day')).toStrictEqual([{ startHour: DAY, counts }]);
      });

      it('counts only valid uses into the total and moves lastUsedAt by them alone', async () => {
        const token = await stored();
        await record(buildUsage(token, NOON, { limited: 9, expired: 1 }));

        expect(await found(token)).toStrictEqual(token);
        expect(await list(token, 'day')).toStrictEqual([{ startHour: DAY, counts: { limited: 9, expired: 1 } }]);

        await record(buildUsage(token, NOON, { valid: 1 }, at(1)));
        await record(buildUsage(token, NOON, { scope: 4 }));
        expect(await found(token)).toStrictEqual({ ...token, totalRequests: 1, lastUsedAt: at(1) });
      });

      it('adds up several entries of one token and hour within a batch', async () => {
        const token = await stored();
        await record(
          buildUsage(token, NOON, { valid: 3 }, at(2)),
          buildUsage(token, NOON, { valid: 4, scope: 1 }, at(1)),
          buildUsage(token, NOON, { scope: 1 }),
        );

        expect(await list(token, 'hour')).toStrictEqual([{ startHour: NOON, counts: { valid: 7, scope: 2 } }]);
        expect(await found(token)).toMatchObject({ totalRequests: 7, lastUsedAt: at(2) });
      });

      it('never moves lastUsedAt back', async () => {
        const token = await stored();
        await record(buildUsage(token, NOON, { valid: 1 }, at(10)));
        await record(buildUsage(token, NOON, { valid: 1 }, at(5)));

        expect(await found(token)).toMatchObject({ totalRequests: 2, lastUsedAt: at(10) });
      });

      it('counts everything of 50 parallel batches', async () => {
        const token = await stored();
        await Promise.all(
          Array.from({ length: 50 }, (_, index) => record(buildUsage(token, NOON, { valid: 2, scope: 1 }, at(index)))),
        );

        expect(await list(token, 'hour')).toStrictEqual([{ startHour: NOON, counts: { valid: 100, scope: 50 } }]);
        expect(await found(token)).toMatchObject({ totalRequests: 100, lastUsedAt: at(49) });
      });

      it('skips tokens that are gone or of another account, and counts the rest', async () => {
        const token = await stored();
        const gone = await stored();
        await store().tokens.delete(gone.accountId, gone.id, buildAuditRecord({ accountId: gone.accountId }));
        const stranger = { ...token, accountId: newAccountId() };
        await record(
          buildUsage(gone, NOON, { valid: 1 }, at(9)),
          buildUsage({ ...token, id: newTokenId() }, NOON, { valid: 1 }, at(9)),
          buildUsage(stranger, NOON, { valid: 1, scope: 1 }, at(9)),
          buildUsage(token, NOON, { valid: 1 }, at(1)),
        );

        expect(await list(token, 'hour')).toStrictEqual([{ startHour: NOON, counts: { valid: 1 } }]);
        expect(await found(token)).toMatchObject({ totalRequests: 1, lastUsedAt: at(1) });
        expect(await list(stranger, 'hour')).toStrictEqual([]);
        expect(await list(gone, 'hour')).toStrictEqual([]);
        expect(await found(gone)).toBeUndefined();
      });

      it('takes a batch without entries, and entries without counts, which leave no trace', async () => {
        const token = await stored();
        await expect(record()).resolves.toBeUndefined();
        await record(buildUsage(token, NOON, {}), buildUsage(token, NOON, { valid: 0, scope: 0 }));

        expect(await list(token, 'hour')).toStrictEqual([]);
        expect(await list(token, 'day')).toStrictEqual([]);
        expect(await found(token)).toStrictEqual(token);
      });

      it('leaves updatedAt as it was, because nobody changed the token', async () => {
        const token = await stored();
        await record(buildUsage(token, NOON, { valid: 1 }, at(100)));

        expect((await found(token))?.updatedAt).toStrictEqual(token.updatedAt);
      });
    });

    describe('listUsage', () => {
      const starts = async (...args: Parameters<typeof list>): Promise<readonly number[]> =>
        (await list(...args)).map(({ startHour }) => startHour);

      it('lists hours oldest first, from the first bound on and without the second', async () => {
        const token = await stored();
        const hours = [NOON + 2, NOON - 1, NOON + 1, NOON];
        await record(...hours.map((hour) => buildUsage(token, hour, { valid: 1 }, at(1))));

        expect(await starts(token, 'hour')).toStrictEqual([NOON - 1, NOON, NOON + 1, NOON + 2]);
        expect(await starts(token, 'hour', NOON, NOON + 2)).toStrictEqual([NOON, NOON + 1]);
        expect(await starts(token, 'hour', NOON, NOON)).toStrictEqual([]);
        expect(await starts(token, 'hour', NOON + 3, NOON + 9)).toStrictEqual([]);
      });

      it('lists days oldest first, from the first bound on and without the second', async () => {
        const token = await stored();
        const hours = [TOMORROW, DAY - 1, TOMORROW + 24, DAY, DAY + 23];
        await record(...hours.map((hour) => buildUsage(token, hour, { limited: 1 })));

        expect(await starts(token, 'day')).toStrictEqual([DAY - 24, DAY, TOMORROW, TOMORROW + 24]);
        expect(await list(token, 'day', DAY, TOMORROW)).toStrictEqual([{ startHour: DAY, counts: { limited: 2 } }]);
        expect(await starts(token, 'day', DAY, TOMORROW + 24)).toStrictEqual([DAY, TOMORROW]);
      });

      it('skips hours in which only others were used', async () => {
        const token = await stored();
        const other = await stored();
        await record(
          buildUsage(token, NOON, { valid: 1 }, at(1)),
          buildUsage(other, NOON + 1, { valid: 1 }, at(1)),
          buildUsage(token, NOON + 2, { valid: 1 }, at(1)),
        );

        expect(await starts(token, 'hour')).toStrictEqual([NOON, NOON + 2]);
      });

      it(`shows another account nothing of a token's usage`, async () => {
        const token = await stored();
        await record(buildUsage(token, NOON, { valid: 1 }, at(1)));

        for (const granularity of ['hour', 'day'] as const) {
          expect(await list({ ...token, accountId: newAccountId() }, granularity)).toStrictEqual([]);
        }
      });
    });

    it('forgets the usage of a token that is deleted, also for one that gets its id again', async () => {
      const token = await stored();
      await record(buildUsage(token, NOON, { valid: 1 }, at(1)));
      await store().tokens.delete(token.accountId, token.id, buildAuditRecord({ accountId: token.accountId }));
      expect(await list(token, 'hour')).toStrictEqual([]);
      expect(await list(token, 'day')).toStrictEqual([]);

      const again = await stored({ accountId: token.accountId, id: token.id });
      expect(await list(again, 'hour')).toStrictEqual([]);
      expect(await list(again, 'day')).toStrictEqual([]);
      expect(await found(again)).toStrictEqual(again);
    });

    tokenUsageBatchContract(store);
    tokenUsageFoldContract(store);
  });
}

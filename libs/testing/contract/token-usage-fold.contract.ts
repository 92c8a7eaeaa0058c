import { newAccountId, type Token, type UsageBucket, type UsageGranularity } from '@tollgate/domain';
import { buildAuditRecord } from '../factories/build-audit-record';
import { buildToken } from '../factories/build-token';
import { buildUsage, buildUsageBatch } from '../factories/build-usage';
import { TEST_EPOCH_MS } from '../fake-clock';
import type { StoreUnderTest } from './store-under-test';

const AT = new Date(TEST_EPOCH_MS);
/** Long before every other time in the suites, so that a fold up to here meets only what was put here. */
const DAY = Date.parse('2001-01-01T00:00:00.000Z') / 3_600_000;
const END = DAY + 72;

/** Part of the usage suite: hours become days. */
export function tokenUsageFoldContract(store: () => StoreUnderTest): void {
  async function stored(): Promise<Token> {
    const token = buildToken({ accountId: newAccountId() });
    await store().tokens.insert(token, buildAuditRecord({ accountId: token.accountId, resourceId: token.id }));
    return token;
  }

  const record = async (...entries: readonly ReturnType<typeof buildUsage>[]): Promise<void> =>
    store().tokens.recordUsage(buildUsageBatch(entries));

  const list = async ({ accountId, id }: Token, granularity: UsageGranularity): Promise<readonly UsageBucket[]> =>
    store().tokens.listUsage(accountId, id, granularity, DAY, END);

  const foldAll = async (beforeHour: number): Promise<void> => {
    while ((await store().tokens.foldUsage(beforeHour, 1000)) > 0);
  };

  describe('foldUsage', () => {
    it('takes the hours away and keeps what is answered for days, by result', async () => {
      const token = await stored();
      const other = await stored();
      await record(
        buildUsage(token, DAY, { valid: 1, limited: 2 }, AT),
        buildUsage(token, DAY + 23, { valid: 10 }, AT),
        buildUsage(token, DAY + 24, { valid: 100, expired: 5 }, AT),
        buildUsage(other, DAY, { scope: 7 }),
      );
      const days = [
        { startHour: DAY, counts: { valid: 11, limited: 2 } },
        { startHour: DAY + 24, counts: { valid: 100, expired: 5 } },
      ];
      expect(await list(token, 'day')).toStrictEqual(days);

      await foldAll(END);

      expect(await list(token, 'hour')).toStrictEqual([]);
      expect(await list(token, 'day')).toStrictEqual(days);
      expect(await list(other, 'day')).toStrictEqual([{ startHour: DAY, counts: { scope: 7 } }]);
      expect((await store().tokens.findById(token.accountId, token.id))?.totalRequests).toBe(111);
    });

    it('leaves the hour it is given and those after it', async () => {
      const token = await stored();
      await record(...[9, 10, 11].map((hour) => buildUsage(token, DAY + hour, { valid: 1 }, AT)));
      await foldAll(DAY + 10);

      expect((await list(token, 'hour')).map(({ startHour }) => startHour)).toStrictEqual([DAY + 10, DAY + 11]);
      expect(await list(token, 'day')).toStrictEqual([{ startHour: DAY, counts: { valid: 3 } }]);
      await foldAll(END);
    });

    it('goes on where it stopped at its limit, and days stay the same at every stop', async () => {
      const tokens = [await stored(), await stored()];
      const hours = [0, 1, 2, 24, 25];
      for (const token of tokens) await record(...hours.map((h) => buildUsage(token, DAY + h, { valid: h + 1 }, AT)));

      const gone: number[] = [];
      do {
        gone.push(await store().tokens.foldUsage(END, 3));
        for (const token of tokens) {
          expect(await list(token, 'day')).toStrictEqual([
            { startHour: DAY, counts: { valid: 6 } },
            { startHour: DAY + 24, counts: { valid: 51 } },
          ]);
        }
      } while (gone.at(-1) !== 0);

      expect(Math.max(...gone)).toBeLessThanOrEqual(3);
      expect(gone.reduce((sum, count) => sum + count)).toBe(tokens.length * hours.length);
      for (const token of tokens) expect(await list(token, 'hour')).toStrictEqual([]);
    });

    it('adds what comes late for a day that was folded already', async () => {
      const token = await stored();
      await record(buildUsage(token, DAY, { valid: 1 }, AT));
      await foldAll(END);
      await record(buildUsage(token, DAY, { valid: 2, limited: 1 }, AT));

      expect(await list(token, 'day')).toStrictEqual([{ startHour: DAY, counts: { valid: 3, limited: 1 } }]);
      await foldAll(END);
      expect(await list(token, 'day')).toStrictEqual([{ startHour: DAY, counts: { valid: 3, limited: 1 } }]);
      expect(await list(token, 'hour')).toStrictEqual([]);
    });

    it('loses and doubles nothing when several fold at once while batches come in', async () => {
      const token = await stored();
      await Promise.all(
        Array.from({ length: 20 }, async (_, index) => {
          await record(buildUsage(token, DAY + index, { valid: 1 }, AT), buildUsage(token, DAY, { limited: 1 }));
          await store().tokens.foldUsage(END, 2);
        }),
      );
      await foldAll(END);

      expect(await list(token, 'day')).toStrictEqual([{ startHour: DAY, counts: { valid: 20, limited: 20 } }]);
    });

    it('does not bring back the usage of a token that is deleted', async () => {
      const token = await stored();
      await record(buildUsage(token, DAY, { valid: 1 }, AT), buildUsage(token, DAY + 30, { valid: 1 }, AT));
      await foldAll(DAY + 24);
      await store().tokens.delete(token.accountId, token.id, buildAuditRecord({ accountId: token.accountId }));
      await foldAll(END);

      expect(await list(token, 'day')).toStrictEqual([]);
    });
  });
}

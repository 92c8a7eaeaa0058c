import { newAccountId, type Token } from '@tollgate/domain';
import { buildAuditRecord } from '../factories/build-audit-record';
import { buildToken } from '../factories/build-token';
import { buildUsage, buildUsageBatch } from '../factories/build-usage';
import { TEST_EPOCH_MS } from '../fake-clock';
import type { StoreUnderTest } from './store-under-test';

const AT = new Date(TEST_EPOCH_MS);
const HOUR = Math.floor(TEST_EPOCH_MS / 3_600_000);
const WIDE_BATCH_ENTRIES = 1500;

/** Part of the usage suite: a batch counts once, however often it is told. */
export function tokenUsageBatchContract(store: () => StoreUnderTest): void {
  async function stored(): Promise<Token> {
    const token = buildToken({ accountId: newAccountId() });
    await store().tokens.insert(token, buildAuditRecord({ accountId: token.accountId, resourceId: token.id }));
    return token;
  }

  async function expectCounted({ accountId, id }: Token, valid: number): Promise<void> {
    expect((await store().tokens.findById(accountId, id))?.totalRequests).toBe(valid);
    expect(await store().tokens.listUsage(accountId, id, 'hour', HOUR, HOUR + 1)).toStrictEqual([
      { startHour: HOUR, counts: { valid } },
    ]);
  }

  describe('a batch', () => {
    it('counts once when it is told again, at once or after other batches', async () => {
      const token = await stored();
      const batch = buildUsageBatch([buildUsage(token, HOUR, { valid: 3 }, AT)]);
      await store().tokens.recordUsage(batch);
      await store().tokens.recordUsage(batch);
      await expectCounted(token, 3);

      for (let count = 0; count < 5; count++) {
        await store().tokens.recordUsage(buildUsageBatch([buildUsage(token, HOUR, { valid: 1 }, AT)]));
      }
      await store().tokens.recordUsage(batch);
      await expectCounted(token, 8);
    });

    it('counts once when it is told 20 times in parallel', async () => {
      const token = await stored();
      const batch = buildUsageBatch([buildUsage(token, HOUR, { valid: 3 }, AT)]);
      await Promise.all(Array.from({ length: 20 }, () => store().tokens.recordUsage(batch)));

      await expectCounted(token, 3);
    });

    it('counts once when another process tells it too', async () => {
      const another = await store().openAnother?.();
      if (another === undefined) return;
      try {
        const token = await stored();
        const batch = buildUsageBatch([buildUsage(token, HOUR, { valid: 3 }, AT)]);
        await store().tokens.recordUsage(batch);
        await another.tokens.recordUsage(batch);

        await expectCounted(token, 3);
      } finally {
        await another.teardown();
      }
    });

    it('takes an id of 40 characters, and tells ids apart that differ in the last one', async () => {
      const token = await stored();
      const stem = 'x'.repeat(39 - token.id.length) + token.id;
      for (const end of ['a', 'b', 'a']) {
        await store().tokens.recordUsage(buildUsageBatch([buildUsage(token, HOUR, { valid: 1 }, AT)], stem + end));
      }

      await expectCounted(token, 2);
    });

    it(`of ${String(WIDE_BATCH_ENTRIES)} entries counts all of them, once`, async () => {
      const tokens = [await stored(), await stored(), await stored()];
      const entries = Array.from({ length: WIDE_BATCH_ENTRIES / tokens.length }, (_, index) =>
        tokens.map((token) => buildUsage(token, HOUR - index, { valid: 1 }, AT)),
      ).flat();
      const batch = buildUsageBatch(entries);
      await store().tokens.recordUsage(batch);
      await store().tokens.recordUsage(batch);

      for (const { accountId, id } of tokens) {
        const hours = await store().tokens.listUsage(accountId, id, 'hour', HOUR - WIDE_BATCH_ENTRIES, HOUR + 1);
        expect(hours).toHaveLength(WIDE_BATCH_ENTRIES / tokens.length);
        expect(hours.every(({ counts }) => counts.valid === 1)).toBe(true);
        expect((await store().tokens.findById(accountId, id))?.totalRequests).toBe(hours.length);
      }
    });
  });
}

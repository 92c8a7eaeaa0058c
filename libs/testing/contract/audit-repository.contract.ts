import { type AuditFilter, type AuditRecord, newAccountId, type Page, randomHex } from '@tollgate/domain';
import { buildAuditRecord } from '../factories/build-audit-record';
import { TEST_EPOCH_MS } from '../fake-clock';
import { type StoreSetup, useStore } from './store-under-test';

const at = (seconds: number): Date => new Date(TEST_EPOCH_MS + seconds * 1000);
/** Long before every other time in the suites, so that a purge up to here meets only what was put here. */
const OLD = new Date('2001-01-01T00:00:00.000Z');

/** What every {@link AuditRepository} guarantees. */
export function auditRepositoryContract(name: string, setup: StoreSetup): void {
  describe(`${name}: AuditRepository`, () => {
    const store = useStore(setup);
    const all = { limit: 100, offset: 0 };

    async function appended(overrides: Parameters<typeof buildAuditRecord>[0]): Promise<AuditRecord> {
      const record = buildAuditRecord(overrides);
      await store().audits.append(record);
      return record;
    }

    it('keeps every field', async () => {
      const accountId = newAccountId();
      const record = await appended({
        accountId,
        action: 'authenticate',
        resourceId: 'tk_1',
        ip: '2001:db8::1',
        userAgent: `curl "7" 'x' 🤖 ünï \\`,
        requestData: { 'a.b': { $set: `q'"` }, list: [1, 2.5, true, null, 'ß'], empty: {} },
        result: 'failure',
        errorMessage: `invalid 'signature'`,
        timestamp: new Date('2026-01-04T10:00:00.987Z'),
      });

      expect(await store().audits.list(accountId, {}, all)).toStrictEqual({ items: [record], total: 1 });
    });

    it('leaves fields that were not given absent, not null', async () => {
      const accountId = newAccountId();
      const record = await appended({ accountId });

      expect((await store().audits.list(accountId, {}, all)).items).toStrictEqual([record]);
    });

    it('keeps one record when the same id is written again, also in parallel', async () => {
      const accountId = newAccountId();
      const record = await appended({ accountId });
      await Promise.all(Array.from({ length: 20 }, () => store().audits.append(record)));
      await store().audits.append({ ...record, result: 'failure' });

      expect(await store().audits.list(accountId, {}, all)).toStrictEqual({ items: [record], total: 1 });
    });

    it('lists newest first, ties by id, page by page, with the total over all pages', async () => {
      const accountId = newAccountId();
      const mark = randomHex(6);
      const b = await appended({ accountId, id: `aud_${mark}b`, timestamp: at(1) });
      const a = await appended({ accountId, id: `aud_${mark}a`, timestamp: at(1) });
      const oldest = await appended({ accountId, timestamp: at(0) });
      const newest = await appended({ accountId, timestamp: at(2) });

      const page = async (limit: number, offset: number): Promise<Page<AuditRecord>> =>
        store().audits.list(accountId, {}, { limit, offset });
      expect(await page(3, 0)).toStrictEqual({ items: [newest, a, b], total: 4 });
      expect(await page(3, 3)).toStrictEqual({ items: [oldest], total: 4 });
      expect(await page(3, 9)).toStrictEqual({ items: [], total: 4 });
    });

    it('filters by action, resource and time, both ends included, alone and together', async () => {
      const accountId = newAccountId();
      await appended({ accountId, id: `${accountId}-1`, action: 'create_token', resourceId: 'r1', timestamp: at(1) });
      await appended({ accountId, id: `${accountId}-2`, action: 'delete_token', resourceId: 'r1', timestamp: at(2) });
      await appended({ accountId, id: `${accountId}-3`, action: 'create_token', resourceId: 'r2', timestamp: at(3) });

      const found = async (filter: AuditFilter): Promise<string> => {
        const page = await store().audits.list(accountId, filter, all);
        expect(page.total).toBe(page.items.length);
        return page.items.map((record) => record.id.at(-1)).join('');
      };
      expect(await found({})).toBe('321');
      expect(await found({ action: 'create_token' })).toBe('31');
      expect(await found({ resourceId: 'r1' })).toBe('21');
      expect(await found({ from: at(2) })).toBe('32');
      expect(await found({ to: at(2) })).toBe('21');
      expect(await found({ from: at(2), to: at(2) })).toBe('2');
      expect(await found({ from: at(3), to: at(1) })).toBe('');
      expect(await found({ action: 'create_token', resourceId: 'r1', from: at(1), to: at(3) })).toBe('1');
      expect(await found({ action: '%' })).toBe('');
    });

    it(`never shows another account's records, nor those of nobody`, async () => {
      const accountId = newAccountId();
      await appended({ accountId: newAccountId() });
      await appended({ accountId: '' });

      expect(await store().audits.list(accountId, {}, all)).toStrictEqual({ items: [], total: 0 });
    });

    it('listAcrossAccounts shows every account and nobody, with the same filters', async () => {
      const resourceId = `shared-${randomHex(8)}`;
      const first = await appended({ accountId: newAccountId(), resourceId, timestamp: at(1) });
      const second = await appended({ accountId: '', resourceId, timestamp: at(2), result: 'failure' });

      expect(await store().audits.listAcrossAccounts({ resourceId }, all)).toStrictEqual({
        items: [second, first],
        total: 2,
      });
      const recent = await store().audits.listAcrossAccounts({ resourceId, from: at(2) }, all);
      expect(recent.items).toStrictEqual([second]);
    });

    it('purges what is older than an instant, no more than its limit at once', async () => {
      const accountId = newAccountId();
      for (let count = 0; count < 5; count++) await appended({ accountId, timestamp: new Date(OLD.getTime() - 1) });
      const kept = await appended({ accountId, timestamp: OLD });

      const gone: number[] = [];
      for (let round = 0; round < 4; round++) gone.push(await store().audits.purge(OLD, 2));

      expect(gone).toStrictEqual([2, 2, 1, 0]);
      expect((await store().audits.list(accountId, {}, all)).items).toStrictEqual([kept]);
      expect(await store().audits.purge(new Date(OLD.getTime() + 1), 10)).toBe(1);
    });
  });
}

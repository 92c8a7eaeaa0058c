import { newAccountId, newTokenId, type Page, type ValidationFilter, type ValidationRecord } from '@tollgate/domain';
import { buildValidationRecord } from '../factories/build-validation-record';
import { TEST_EPOCH_MS } from '../fake-clock';
import { type StoreSetup, useStore } from './store-under-test';

const at = (seconds: number): Date => new Date(TEST_EPOCH_MS + seconds * 1000);
/** Long before every other time in the suites, so that a purge up to here meets only what was put here. */
const OLD = new Date('2001-01-01T00:00:00.000Z');

/** What every {@link ValidationLogRepository} guarantees. */
export function validationLogContract(name: string, setup: StoreSetup): void {
  describe(`${name}: ValidationLogRepository`, () => {
    const store = useStore(setup);
    let accountId: string;
    let tokenId: string;
    beforeEach(() => {
      accountId = newAccountId();
      tokenId = newTokenId();
    });

    async function appended(overrides: Partial<ValidationRecord> = {}): Promise<ValidationRecord> {
      const record = buildValidationRecord({ accountId, tokenId, ...overrides });
      await store().validationLogs.append([record]);
      return record;
    }

    const list = async (
      filter: ValidationFilter = {},
      page = { limit: 100, offset: 0 },
    ): Promise<Page<ValidationRecord>> => store().validationLogs.list(accountId, tokenId, filter, page);

    it('keeps every field', async () => {
      const record = await appended({
        at: new Date('2026-01-04T10:00:00.987Z'),
        result: 'limited',
        scopes: ['storage:*', `it's "ünï"`, '*'],
        ip: '2001:db8::1',
        userAgent: `curl "7" 'x' 🤖 ünï \\`,
        purgeAt: new Date('2026-02-04T10:00:00.123Z'),
      });
      const bare = await appended({ at: at(-1), scopes: [], ip: '', userAgent: '' });

      expect(await list()).toStrictEqual({ items: [record, bare], total: 2 });
    });

    it('appends many at once, and nothing for none', async () => {
      const records = Array.from({ length: 500 }, (_, index) =>
        buildValidationRecord({ accountId, tokenId, at: at(-index) }),
      );
      await store().validationLogs.append(records);
      await store().validationLogs.append([]);

      expect(await list({}, { limit: 1000, offset: 0 })).toStrictEqual({ items: records, total: 500 });
    });

    it('leaves the first of records with the same id, and takes the others beside it', async () => {
      const first = await appended();
      const news = buildValidationRecord({ accountId, tokenId, at: at(1) });
      const again = [{ ...first, result: 'limited' as const }, news, { ...news, result: 'scope' as const }];
      await store().validationLogs.append(again);
      await Promise.all(Array.from({ length: 10 }, () => store().validationLogs.append(again)));

      expect(await list()).toStrictEqual({ items: [news, first], total: 2 });
    });

    it('lists newest first, ties by id, page by page, with the total over all pages', async () => {
      const mark = tokenId.slice(3, 15);
      const b = await appended({ id: `val_${mark}b`, at: at(1) });
      const a = await appended({ id: `val_${mark}a`, at: at(1) });
      const oldest = await appended({ at: at(0) });
      const newest = await appended({ at: at(2) });

      expect(await list({}, { limit: 3, offset: 0 })).toStrictEqual({ items: [newest, a, b], total: 4 });
      expect(await list({}, { limit: 3, offset: 3 })).toStrictEqual({ items: [oldest], total: 4 });
      expect(await list({}, { limit: 3, offset: 9 })).toStrictEqual({ items: [], total: 4 });
    });

    it('filters by result and by time from one instant on up to and without another, alone and together', async () => {
      await appended({ id: `${tokenId}-1`, result: 'valid', at: at(1) });
      await appended({ id: `${tokenId}-2`, result: 'limited', at: at(2) });
      await appended({ id: `${tokenId}-3`, result: 'valid', at: at(3) });

      const found = async (filter: ValidationFilter): Promise<string> => {
        const page = await list(filter);
        expect(page.total).toBe(page.items.length);
        return page.items.map((record) => record.id.at(-1)).join('');
      };
      expect(await found({ result: 'valid' })).toBe('31');
      expect(await found({ result: 'expired' })).toBe('');
      expect(await found({ from: at(2) })).toBe('32');
      expect(await found({ to: at(2) })).toBe('1');
      expect(await found({ from: at(1), to: at(3) })).toBe('21');
      expect(await found({ from: at(2), to: at(2) })).toBe('');
      expect(await found({ result: 'valid', from: at(1), to: at(3) })).toBe('1');
    });

    it(`never shows another account's records, nor another token's`, async () => {
      const own = await appended();
      await appended({ accountId: newAccountId() });
      await appended({ tokenId: newTokenId() });

      expect(await list()).toStrictEqual({ items: [own], total: 1 });
    });

    it('purges what has come to its time, no more than its limit at once', async () => {
      for (let count = 0; count < 5; count++) await appended({ at: at(-count), purgeAt: OLD });
      const kept = await appended({ purgeAt: new Date(OLD.getTime() + 1) });

      const gone: number[] = [];
      for (let round = 0; round < 4; round++) gone.push(await store().validationLogs.purge(OLD, 2));

      expect(gone).toStrictEqual([2, 2, 1, 0]);
      expect(await list()).toStrictEqual({ items: [kept], total: 1 });
      expect(await store().validationLogs.purge(new Date(OLD.getTime() + 1), 10)).toBe(1);
    });
  });
}

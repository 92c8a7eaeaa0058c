import { type Account, type Page, randomHex, type SealedSecret } from '@tollgate/domain';
import { buildAccount, buildCredentials } from '../factories/build-account';
import { buildAuditRecord } from '../factories/build-audit-record';
import { TEST_EPOCH_MS } from '../fake-clock';
import type { StoreUnderTest } from './store-under-test';

interface Sealed {
  readonly accountId: string;
  readonly secretSealed: SealedSecret | undefined;
}

/** Part of the AccountRepository suite: what only an operator may ask. */
export function accountOperatorContract(store: () => StoreUnderTest): void {
  async function stored(overrides: Parameters<typeof buildAccount>[0] = {}): Promise<Account> {
    const account = buildAccount(overrides);
    await store().accounts.insert(account, buildAuditRecord({ accountId: account.id }));
    return account;
  }

  async function search(text: string): Promise<readonly string[]> {
    const page = await store().accounts.listAcrossAccounts({ search: text }, { limit: 100, offset: 0 });
    expect(page.total).toBe(page.items.length);
    return page.items.map((account) => account.id);
  }

  describe('listAcrossAccounts', () => {
    it('lists newest first, ties by id, page by page, with the total over all pages', async () => {
      const company = `Paging ${randomHex(8)}`;
      const at = (minutes: number): Date => new Date(TEST_EPOCH_MS + minutes * 60_000);
      const mark = randomHex(4);
      const c = await stored({ id: `acc_${mark}_c`, company, createdAt: at(1) });
      const a = await stored({ id: `acc_${mark}_a`, company, createdAt: at(1) });
      const b = await stored({ id: `acc_${mark}_b`, company, createdAt: at(1) });
      const oldest = await stored({ company, createdAt: at(0) });
      const newest = await stored({ company, createdAt: at(2) });

      const first = await store().accounts.listAcrossAccounts({ search: company }, { limit: 2, offset: 0 });
      const second = await store().accounts.listAcrossAccounts({ search: company }, { limit: 2, offset: 2 });
      const third = await store().accounts.listAcrossAccounts({ search: company }, { limit: 2, offset: 4 });
      const past = await store().accounts.listAcrossAccounts({ search: company }, { limit: 2, offset: 6 });

      expect([first.total, second.total, third.total, past.total]).toStrictEqual([5, 5, 5, 5]);
      expect(first.items).toStrictEqual([newest, a]);
      expect(second.items).toStrictEqual([b, c]);
      expect(third.items).toStrictEqual([oldest]);
      expect(past.items).toStrictEqual([]);
    });

    it('filters by status, alone and together with a search', async () => {
      const company = `Status ${randomHex(8)}`;
      const active = await stored({ company });
      const suspended = await stored({ company, status: 'suspended' });

      const list = async (status: Account['status']): Promise<Page<Account>> =>
        store().accounts.listAcrossAccounts({ status, search: company }, { limit: 10, offset: 0 });
      expect((await list('active')).items).toStrictEqual([active]);
      expect((await list('suspended')).items).toStrictEqual([suspended]);

      const anySuspended = await store().accounts.listAcrossAccounts(
        { status: 'suspended' },
        { limit: 100, offset: 0 },
      );
      expect(anySuspended.items.map((account) => account.id)).toContain(suspended.id);
      expect(anySuspended.items.every((account) => account.status === 'suspended')).toBe(true);
    });

    it('finds a part of id, email or company in either case, or a whole AccessKey', async () => {
      const mark = randomHex(8);
      const account = await stored({ company: `Zebra-${mark} GmbH`, email: `mail-${mark}@example.com` });
      const accessKey = account.credentials?.accessKey ?? '';

      expect(await search(`zebra-${mark}`)).toStrictEqual([account.id]);
      expect(await search(`mail-${mark}@`)).toStrictEqual([account.id]);
      expect(await search(account.id.slice(2))).toStrictEqual([account.id]);
      expect(await search(accessKey)).toStrictEqual([account.id]);
      expect(await search(accessKey.slice(0, -1))).toStrictEqual([]);
    });

    it.each(['%', '_', '.', '*', '\\', '(', '[', '^', '$', `'`, '"', '\\E', '🚀'])(
      'takes %s in a search for itself, not for a pattern',
      async (special) => {
        const mark = randomHex(8);
        const exact = await stored({ company: `${mark}${special}end` });
        await stored({ company: `${mark}xend` });
        await stored({ company: `${mark}end` });

        expect(await search(`${mark}${special}end`)).toStrictEqual([exact.id]);
      },
    );
  });

  describe('sealed secrets', () => {
    it('lists what other keys seal, by id, in bounded portions', async () => {
      const mark = randomHex(6);
      const sealed = async (suffix: string, keyId: string): Promise<Account> =>
        stored({ id: `acc_~${mark}_${suffix}`, credentials: buildCredentials(keyId) });
      const third = await sealed('3', 'old');
      const first = await sealed('1', 'old');
      await sealed('2', `new-${mark}`);
      const fourth = await sealed('4', 'older');
      await stored({ id: `acc_~${mark}_5`, credentials: undefined });

      const list = async (afterId: string, limit: number): Promise<readonly Sealed[]> =>
        store().accounts.listSealedOtherwiseAcrossAccounts(`new-${mark}`, afterId, limit);
      const expected = (account: Account): Partial<Sealed> => ({
        accountId: account.id,
        secretSealed: account.credentials?.secretSealed,
      });
      expect(await list(`acc_~${mark}_`, 2)).toStrictEqual([expected(first), expected(third)]);
      expect((await list(third.id, 1))[0]).toStrictEqual(expected(fourth));
      expect((await list(`acc_~${mark}_4`, 1)).filter((row) => row.accountId.startsWith(`acc_~${mark}`))).toStrictEqual(
        [],
      );
    });

    it('counts how many each key seals', async () => {
      const keyId = `count-${randomHex(6)}`;
      const before = await store().accounts.countBySealKeyAcrossAccounts();
      await stored({ credentials: buildCredentials(keyId) });
      await stored({ credentials: buildCredentials(keyId) });
      await stored({ credentials: undefined });
      const after = await store().accounts.countBySealKeyAcrossAccounts();

      expect(before.has(keyId)).toBe(false);
      expect(after.get(keyId)).toBe(2);
      expect(after.size).toBe(before.size + 1);
    });
  });
}

import { newAccountId, type Page, type Token, type TokenFilter } from '@tollgate/domain';
import { buildAuditRecord } from '../factories/build-audit-record';
import { buildToken } from '../factories/build-token';
import { TEST_EPOCH_MS } from '../fake-clock';
import type { StoreUnderTest } from './store-under-test';

/** Part of the TokenRepository suite: lists of one account's tokens. */
export function tokenListContract(store: () => StoreUnderTest): void {
  async function stored(overrides: Parameters<typeof buildToken>[0]): Promise<Token> {
    const token = buildToken(overrides);
    await store().tokens.insert(token, buildAuditRecord({ accountId: token.accountId, resourceId: token.id }));
    return token;
  }

  async function list(accountId: string, filter: TokenFilter): Promise<readonly string[]> {
    const page = await store().tokens.list(accountId, filter, { limit: 100, offset: 0 });
    expect(page.total).toBe(page.items.length);
    return page.items.map((token) => token.description);
  }

  describe('list', () => {
    it('lists newest first, ties by id, page by page, with the total over all pages', async () => {
      const accountId = newAccountId();
      const mark = accountId.slice(4, 16);
      const at = (minutes: number): Date => new Date(TEST_EPOCH_MS + minutes * 60_000);
      const b = await stored({ accountId, id: `tk_${mark}_b`, createdAt: at(1) });
      const a = await stored({ accountId, id: `tk_${mark}_a`, createdAt: at(1) });
      const oldest = await stored({ accountId, createdAt: at(0) });
      const newest = await stored({ accountId, createdAt: at(2) });
      await stored({ accountId: newAccountId(), createdAt: at(1) });

      const page = async (limit: number, offset: number): Promise<Page<Token>> =>
        store().tokens.list(accountId, {}, { limit, offset });
      expect(await page(3, 0)).toStrictEqual({ items: [newest, a, b], total: 4 });
      expect(await page(3, 3)).toStrictEqual({ items: [oldest], total: 4 });
      expect(await page(3, 6)).toStrictEqual({ items: [], total: 4 });
    });

    it('activeAt leaves out what is disabled or expired at that very instant', async () => {
      const accountId = newAccountId();
      const now = new Date(TEST_EPOCH_MS);
      await stored({ accountId, description: 'endless', createdAt: new Date(4) });
      await stored({ accountId, description: 'live', expiresAt: new Date(TEST_EPOCH_MS + 1), createdAt: new Date(3) });
      await stored({ accountId, description: 'just expired', expiresAt: now });
      await stored({ accountId, description: 'disabled', isActive: false });
      await stored({ accountId, description: 'both', isActive: false, expiresAt: new Date(0) });

      expect(await list(accountId, { activeAt: now })).toStrictEqual(['endless', 'live']);
      expect(await list(accountId, {})).toHaveLength(5);
    });

    it('iuid shows the tokens of that sub-account alone, together with the other filters', async () => {
      const accountId = newAccountId();
      await stored({ accountId, description: 'main' });
      await stored({ accountId, description: 'mine', subAccount: { iuid: '7' }, createdAt: new Date(2) });
      await stored({ accountId, description: 'mine, off', subAccount: { iuid: '7', iamAlias: 'x' }, isActive: false });
      await stored({ accountId, description: 'sibling', subAccount: { iuid: '77' } });
      await stored({ accountId: newAccountId(), description: 'elsewhere', subAccount: { iuid: '7' } });

      expect([...(await list(accountId, { iuid: '7' }))].sort()).toStrictEqual(['mine', 'mine, off']);
      expect(await list(accountId, { iuid: '7', activeAt: new Date(TEST_EPOCH_MS) })).toStrictEqual(['mine']);
      expect(await list(accountId, { iuid: '' })).toStrictEqual([]);
    });
  });
}

import { newAccountId, type Page, UPLOAD_ADMIN, type UploadToken, type UploadTokenFilter } from '@tollgate/domain';
import { buildAuditRecord } from '../factories/build-audit-record';
import { buildUploadToken } from '../factories/build-upload-token';
import { TEST_EPOCH_MS } from '../fake-clock';
import type { StoreUnderTest } from './store-under-test';

const NOW = new Date(TEST_EPOCH_MS);
const at = (minutes: number): Date => new Date(TEST_EPOCH_MS + minutes * 60_000);

/** Part of the UploadTokenRepository suite: lists. */
export function uploadTokenListContract(store: () => StoreUnderTest): void {
  async function stored(overrides: Parameters<typeof buildUploadToken>[0]): Promise<UploadToken> {
    const token = buildUploadToken(overrides);
    await store().uploadTokens.insert(token, buildAuditRecord({ accountId: token.accountId }));
    return token;
  }

  async function previews(accountId: string, filter: UploadTokenFilter): Promise<readonly string[]> {
    const page = await store().uploadTokens.list(accountId, filter, { limit: 100, offset: 0 });
    expect(page.total).toBe(page.items.length);
    return page.items.map(({ preview }) => preview);
  }

  describe('list', () => {
    it('lists newest first, ties by id, page by page, with the total over all pages', async () => {
      const accountId = newAccountId();
      const mark = accountId.slice(4, 16);
      const b = await stored({ accountId, id: `ut_${mark}_b`, createdAt: at(1) });
      const a = await stored({ accountId, id: `ut_${mark}_a`, createdAt: at(1) });
      const oldest = await stored({ accountId, createdAt: at(0) });
      const newest = await stored({ accountId, createdAt: at(2) });
      await stored({ accountId: newAccountId(), createdAt: at(1) });

      const page = async (limit: number, offset: number): Promise<Page<UploadToken>> =>
        store().uploadTokens.list(accountId, {}, { limit, offset });
      expect(await page(3, 0)).toStrictEqual({ items: [newest, a, b], total: 4 });
      expect(await page(3, 3)).toStrictEqual({ items: [oldest], total: 4 });
      expect(await page(3, 6)).toStrictEqual({ items: [], total: 4 });
    });

    it('openAt leaves out what has its end or is expired at that very instant', async () => {
      const accountId = newAccountId();
      await stored({ accountId, preview: 'open', expiresAt: new Date(TEST_EPOCH_MS + 1) });
      await stored({ accountId, preview: 'just expired', expiresAt: NOW });
      const ended = await stored({ accountId, preview: 'ended' });
      await store().uploadTokens.revoke(accountId, ended.id, NOW, at(1), buildAuditRecord({ accountId }));

      expect(await previews(accountId, { openAt: NOW })).toStrictEqual(['open']);
      expect(await previews(accountId, {})).toHaveLength(3);
    });

    it('iuid and ownerLabel show the tokens of that sub-account or owner alone, together with the other filters', async () => {
      const accountId = newAccountId();
      const own = { accountId, iuid: '7', options: { ownerLabel: 'ann' } };
      await stored({ ...own, preview: 'both', createdAt: at(3) });
      await stored({ ...own, preview: 'both, expired', createdAt: at(2), expiresAt: NOW });
      await stored({ ...own, preview: 'label of another', iuid: '77', createdAt: at(1) });
      await stored({ accountId, preview: 'iuid alone', iuid: '7' });
      await stored({ ...own, preview: 'elsewhere', accountId: newAccountId() });

      expect(await previews(accountId, { iuid: '7' })).toStrictEqual(['both', 'both, expired', 'iuid alone']);
      expect(await previews(accountId, { ownerLabel: 'ann' })).toStrictEqual([
        'both',
        'both, expired',
        'label of another',
      ]);
      expect(await previews(accountId, { iuid: '7', ownerLabel: 'ann', openAt: NOW })).toStrictEqual(['both']);
      expect(await previews(accountId, { ownerLabel: 'an' })).toStrictEqual([]);
      expect(await previews(accountId, { iuid: '' })).toStrictEqual([]);
    });
  });

  describe('listAcrossAccounts', () => {
    it('lists the tokens of every account and of the upload administrator, by the same filters', async () => {
      const label = `label ${newAccountId()}`;
      const options = { ownerLabel: label };
      const first = await stored({ accountId: newAccountId(), options, iuid: '7', createdAt: at(3) });
      const second = await stored({ accountId: UPLOAD_ADMIN, options, createdAt: at(2) });
      const expired = await stored({ accountId: newAccountId(), options, createdAt: at(1), expiresAt: NOW });

      const list = async (filter: UploadTokenFilter, limit = 10): Promise<Page<UploadToken>> =>
        store().uploadTokens.listAcrossAccounts({ ...filter, ownerLabel: label }, { limit, offset: 0 });
      expect(await list({})).toStrictEqual({ items: [first, second, expired], total: 3 });
      expect(await list({}, 1)).toStrictEqual({ items: [first], total: 3 });
      expect(await list({ openAt: NOW })).toStrictEqual({ items: [first, second], total: 2 });
      expect(await list({ iuid: '7' })).toStrictEqual({ items: [first], total: 1 });
      const all = await store().uploadTokens.listAcrossAccounts({}, { limit: 1000, offset: 0 });
      expect(all.items.map(({ id }) => id)).toEqual(expect.arrayContaining([first.id, second.id, expired.id]));
      expect(all.total).toBeGreaterThanOrEqual(3);
    });
  });
}

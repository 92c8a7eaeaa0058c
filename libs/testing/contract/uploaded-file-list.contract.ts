import {
  newAccountId,
  newUploadTokenId,
  type Page,
  UPLOAD_ADMIN,
  type UploadedFile,
  type UploadedFileFilter,
} from '@tollgate/domain';
import { buildAuditRecord } from '../factories/build-audit-record';
import { buildUploadedFile } from '../factories/build-uploaded-file';
import { TEST_EPOCH_MS } from '../fake-clock';
import type { StoreUnderTest } from './store-under-test';

const at = (minutes: number): Date => new Date(TEST_EPOCH_MS + minutes * 60_000);

/** Part of the UploadedFileRepository suite: lists. */
export function uploadedFileListContract(store: () => StoreUnderTest): void {
  async function stored(overrides: Parameters<typeof buildUploadedFile>[0]): Promise<UploadedFile> {
    const file = buildUploadedFile(overrides);
    await store().uploadedFiles.insert({ file, audit: buildAuditRecord({ accountId: file.accountId }) });
    return file;
  }

  async function names(accountId: string, filter: UploadedFileFilter): Promise<readonly string[]> {
    const page = await store().uploadedFiles.list(accountId, filter, { limit: 100, offset: 0 });
    expect(page.total).toBe(page.items.length);
    return page.items.map(({ name }) => name);
  }

  describe('list', () => {
    it('lists newest first, ties by id, page by page, with the total over all pages', async () => {
      const accountId = newAccountId();
      const mark = accountId.slice(4, 16);
      const b = await stored({ accountId, id: `file_${mark}_b`, createdAt: at(1) });
      const a = await stored({ accountId, id: `file_${mark}_a`, createdAt: at(1) });
      const oldest = await stored({ accountId, createdAt: at(0) });
      const newest = await stored({ accountId, createdAt: at(2) });
      await stored({ accountId: newAccountId(), createdAt: at(1) });

      const page = async (limit: number, offset: number): Promise<Page<UploadedFile>> =>
        store().uploadedFiles.list(accountId, {}, { limit, offset });
      expect(await page(3, 0)).toStrictEqual({ items: [newest, a, b], total: 4 });
      expect(await page(3, 3)).toStrictEqual({ items: [oldest], total: 4 });
      expect(await page(3, 6)).toStrictEqual({ items: [], total: 4 });
    });

    it('iuid, ownerLabel and tokenId narrow the list, alone and together', async () => {
      const accountId = newAccountId();
      const tokenId = newUploadTokenId();
      await stored({ accountId, name: 'all', iuid: '7', ownerLabel: 'ann', tokenId, createdAt: at(3) });
      await stored({ accountId, name: 'other token', iuid: '7', ownerLabel: 'ann', tokenId: newUploadTokenId() });
      await stored({ accountId, name: 'iuid alone', iuid: '7', createdAt: at(-1) });
      await stored({ accountId, name: 'label alone', ownerLabel: 'ann', createdAt: at(-2) });
      await stored({ accountId: newAccountId(), name: 'elsewhere', iuid: '7', ownerLabel: 'ann' });

      expect(await names(accountId, { iuid: '7' })).toStrictEqual(['all', 'other token', 'iuid alone']);
      expect(await names(accountId, { ownerLabel: 'ann' })).toStrictEqual(['all', 'other token', 'label alone']);
      expect(await names(accountId, { tokenId })).toStrictEqual(['all']);
      expect(await names(accountId, { iuid: '7', ownerLabel: 'ann', tokenId })).toStrictEqual(['all']);
      expect(await names(accountId, { iuid: '8', tokenId })).toStrictEqual([]);
      expect(await names(accountId, { ownerLabel: 'an' })).toStrictEqual([]);
      expect(await names(newAccountId(), { tokenId })).toStrictEqual([]);
    });
  });

  describe('listAcrossAccounts', () => {
    it('lists the files of every account and of the upload administrator, by the same filters', async () => {
      const ownerLabel = `label ${newAccountId()}`;
      const first = await stored({ accountId: newAccountId(), ownerLabel, iuid: '7', createdAt: at(2) });
      const second = await stored({ accountId: UPLOAD_ADMIN, ownerLabel, tokenId: newUploadTokenId() });

      const list = async (filter: UploadedFileFilter, limit = 10): Promise<Page<UploadedFile>> =>
        store().uploadedFiles.listAcrossAccounts({ ...filter, ownerLabel }, { limit, offset: 0 });
      expect(await list({})).toStrictEqual({ items: [first, second], total: 2 });
      expect(await list({}, 1)).toStrictEqual({ items: [first], total: 2 });
      expect(await list({ iuid: '7' })).toStrictEqual({ items: [first], total: 1 });
      expect(await list({ ...(second.tokenId !== undefined && { tokenId: second.tokenId }) })).toStrictEqual({
        items: [second],
        total: 1,
      });
      const all = await store().uploadedFiles.listAcrossAccounts({}, { limit: 1000, offset: 0 });
      expect(all.items.map(({ id }) => id)).toEqual(expect.arrayContaining([first.id, second.id]));
    });
  });
}

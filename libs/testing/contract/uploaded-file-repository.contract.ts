import {
  type AuditRecord,
  newAccountId,
  newFileId,
  newUploadTokenId,
  UPLOAD_ADMIN,
  type UploadedFile,
} from '@tollgate/domain';
import { buildAuditRecord } from '../factories/build-audit-record';
import { buildUploadedFile } from '../factories/build-uploaded-file';
import { TEST_EPOCH_MS } from '../fake-clock';
import { auditTrail, type StoreSetup, useStore } from './store-under-test';
import { uploadedFileListContract } from './uploaded-file-list.contract';

/** What every {@link UploadedFileRepository} guarantees. */
export function uploadedFileRepositoryContract(name: string, setup: StoreSetup): void {
  describe(`${name}: UploadedFileRepository`, () => {
    const store = useStore(setup);

    const uploaded = ({ accountId, id }: UploadedFile): AuditRecord =>
      buildAuditRecord({ accountId, action: 'upload_file', resourceId: id });
    const deleted = ({ accountId, id }: UploadedFile): AuditRecord =>
      buildAuditRecord({ accountId, action: 'delete_file', resourceId: id });
    const find = async ({ accountId, id }: UploadedFile): Promise<UploadedFile | undefined> =>
      store().uploadedFiles.findById(accountId, id);

    async function stored(overrides: Parameters<typeof buildUploadedFile>[0]): Promise<UploadedFile> {
      const file = buildUploadedFile(overrides);
      expect(await store().uploadedFiles.insert({ file, audit: uploaded(file) })).toBe('stored');
      return file;
    }

    describe('insert', () => {
      it('keeps every field', async () => {
        const file = await stored({
          accountId: newAccountId(),
          tokenId: newUploadTokenId(),
          storageKey: 'ab/cd/it_s',
          name: `it's "ünïcode" 🔑 \\ %_.mp4`,
          size: 5 * 2 ** 40,
          type: 'video/quicktime',
          ownerLabel: `o'neill`,
          iuid: '8675309',
          idempotencyHash: 'f'.repeat(64),
          createdAt: new Date(TEST_EPOCH_MS + 7),
        });

        expect(await find(file)).toStrictEqual(file);
        expect(await store().uploadedFiles.findByIdAcrossAccounts(file.id)).toStrictEqual(file);
      });

      it('leaves fields that were not given absent, not null, and keeps the audit record', async () => {
        const file = buildUploadedFile({ accountId: newAccountId() });
        const audit = uploaded(file);
        await store().uploadedFiles.insert({ file, audit });

        expect(await find(file)).toStrictEqual(file);
        expect(await auditTrail(store(), file.accountId)).toStrictEqual([audit]);
      });

      it('refuses a taken id, also of another account, and then audits nothing', async () => {
        const taken = await stored({ accountId: newAccountId() });

        for (const accountId of [taken.accountId, newAccountId()]) {
          const file = buildUploadedFile({ accountId, id: taken.id });
          const audit = buildAuditRecord({ accountId, action: 'refused' });
          await expect(store().uploadedFiles.insert({ file, audit })).rejects.toMatchObject({
            name: 'DuplicateError',
            field: 'id',
          });
          expect(await auditTrail(store(), accountId, { action: 'refused' })).toStrictEqual([]);
        }
        expect(await find(taken)).toStrictEqual(taken);
        expect(await store().uploadedFiles.usedBytes(taken.accountId)).toBe(taken.size);
      });

      it('stores exactly as many of 20 at once as the quota has room for, and nothing of the others', async () => {
        const accountId = newAccountId();
        const files = Array.from({ length: 20 }, () => buildUploadedFile({ accountId, size: 1_000 }));

        const outcomes = await Promise.all(
          files.map((file) => store().uploadedFiles.insert({ file, quotaBytes: 3_999, audit: uploaded(file) })),
        );

        expect(outcomes.filter((outcome) => outcome === 'stored')).toHaveLength(3);
        expect(outcomes.filter((outcome) => outcome === 'quota')).toHaveLength(17);
        const { items, total } = await store().uploadedFiles.list(accountId, {}, { limit: 100, offset: 0 });
        expect(items.map(({ id }) => id).sort()).toStrictEqual(
          files.flatMap(({ id }, index) => (outcomes[index] === 'stored' ? [id] : [])).sort(),
        );
        expect(total).toBe(3);
        expect(await store().uploadedFiles.usedBytes(accountId)).toBe(3_000);
        expect(await auditTrail(store(), accountId, { action: 'upload_file' })).toHaveLength(3);
      });

      it('takes a file that fills the quota to the last byte, and none after it', async () => {
        const accountId = newAccountId();
        const insert = async (size: number): Promise<string> => {
          const file = buildUploadedFile({ accountId, size });
          return store().uploadedFiles.insert({ file, quotaBytes: 1_000, audit: uploaded(file) });
        };

        expect(await insert(1_001)).toBe('quota');
        expect(await insert(1_000)).toBe('stored');
        expect(await insert(1)).toBe('quota');
      });
    });

    describe('usedBytes', () => {
      it('adds up the files of one account, exactly also beyond 2^32', async () => {
        const accountId = newAccountId();
        await stored({ accountId, size: 2 ** 40 });
        await stored({ accountId, size: 1 });
        await stored({ accountId: newAccountId(), size: 7 });

        expect(await store().uploadedFiles.usedBytes(accountId)).toBe(2 ** 40 + 1);
        expect(await store().uploadedFiles.usedBytes(newAccountId())).toBe(0);
      });
    });

    describe('delete', () => {
      it('makes a file invisible everywhere, answers it and keeps the audit record', async () => {
        const file = await stored({ accountId: newAccountId(), tokenId: newUploadTokenId() });
        const kept = await stored({ accountId: file.accountId, size: 5 });
        const audit = deleted(file);

        expect(await store().uploadedFiles.delete(file.accountId, file.id, audit)).toStrictEqual(file);

        expect(await find(file)).toBeUndefined();
        expect(await store().uploadedFiles.findByIdAcrossAccounts(file.id)).toBeUndefined();
        const page = { limit: 10, offset: 0 };
        expect(await store().uploadedFiles.list(file.accountId, {}, page)).toStrictEqual({ items: [kept], total: 1 });
        const { tokenId = '' } = file;
        expect((await store().uploadedFiles.listAcrossAccounts({ tokenId }, page)).total).toBe(0);
        expect(await store().uploadedFiles.usedBytes(file.accountId)).toBe(5);
        expect(await store().uploadedFiles.findExisting([file.id, kept.id])).toStrictEqual(new Set([kept.id]));
        expect(await auditTrail(store(), file.accountId, { action: 'delete_file' })).toStrictEqual([audit]);
      });

      it('tells exactly one of 50 parallel callers the file and audits once', async () => {
        const file = await stored({ accountId: newAccountId() });

        const told = await Promise.all(
          Array.from({ length: 50 }, () => store().uploadedFiles.delete(file.accountId, file.id, deleted(file))),
        );

        expect(told.filter((each) => each !== undefined)).toStrictEqual([file]);
        expect(await auditTrail(store(), file.accountId, { action: 'delete_file' })).toHaveLength(1);
        expect(await store().uploadedFiles.usedBytes(file.accountId)).toBe(0);
      });

      it('works on the files of the upload administrator', async () => {
        const file = await stored({ accountId: UPLOAD_ADMIN });

        expect(await store().uploadedFiles.delete(UPLOAD_ADMIN, file.id, deleted(file))).toStrictEqual(file);
      });
    });

    describe('listDeleted and forgetDeleted', () => {
      it('tell of deleted files until they are forgotten, and of no others', async () => {
        const accountId = newAccountId();
        const files = [await stored({ accountId }), await stored({ accountId }), await stored({ accountId })];
        const [first, second, kept] = files;
        for (const file of [first, second])
          if (file) await store().uploadedFiles.delete(accountId, file.id, deleted(file));

        const listed = async (): Promise<readonly unknown[]> => {
          const all = await store().uploadedFiles.listDeleted(1_000);
          return all.filter(({ id }) => files.some((file) => file.id === id));
        };
        const mark = (file: UploadedFile | undefined): unknown => ({ id: file?.id, storageKey: file?.storageKey });
        expect(await listed()).toHaveLength(2);
        expect(await listed()).toEqual(expect.arrayContaining([mark(first), mark(second)]));

        await store().uploadedFiles.forgetDeleted([first?.id ?? '', kept?.id ?? '', newFileId()]);
        expect(await listed()).toStrictEqual([mark(second)]);
        expect(await store().uploadedFiles.findById(accountId, kept?.id ?? '')).toStrictEqual(kept);
        await store().uploadedFiles.forgetDeleted([]);
      });

      it('tell of no more than the limit at once', async () => {
        const accountId = newAccountId();
        for (let count = 0; count < 3; count++) {
          const file = await stored({ accountId });
          await store().uploadedFiles.delete(accountId, file.id, deleted(file));
        }

        expect(await store().uploadedFiles.listDeleted(2)).toHaveLength(2);
      });
    });

    describe('findExisting', () => {
      it('answers which of many files there are, of whatever account', async () => {
        const one = await stored({ accountId: newAccountId() });
        const other = await stored({ accountId: UPLOAD_ADMIN });
        const unknown = Array.from({ length: 1_000 }, () => newFileId());

        expect(await store().uploadedFiles.findExisting([...unknown, one.id, other.id, one.id])).toStrictEqual(
          new Set([one.id, other.id]),
        );
        expect(await store().uploadedFiles.findExisting([])).toStrictEqual(new Set());
      });
    });

    it(`answers another account's file exactly like one that does not exist, and audits nothing`, async () => {
      const file = await stored({ accountId: newAccountId() });
      const stranger = newAccountId();

      for (const fileId of [file.id, newFileId(), `' OR '1'='1`]) {
        const audit = buildAuditRecord({ accountId: stranger, action: 'delete_file', resourceId: fileId });
        expect(await store().uploadedFiles.findById(stranger, fileId)).toBeUndefined();
        expect(await store().uploadedFiles.delete(stranger, fileId, audit)).toBeUndefined();
      }
      expect((await store().uploadedFiles.list(stranger, {}, { limit: 10, offset: 0 })).total).toBe(0);
      expect(await auditTrail(store(), stranger)).toStrictEqual([]);
      expect(await find(file)).toStrictEqual(file);
    });

    uploadedFileListContract(store);
  });
}

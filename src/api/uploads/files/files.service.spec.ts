import {
  AuditRepository,
  type AuditRecord,
  type Page,
  type PageRequest,
  type UploadedFile,
  type UploadedFileFilter,
  UploadedFileRepository,
} from '@tollgate/domain';
import { FileStorage } from '@tollgate/file-storage';
import { FakeClock } from '@tollgate/testing';
import { AuditTrail } from '../../audit/audit-trail.service';
import { EVERYBODY, type StorageOwner } from '../../upload-tokens/storage-owner';
import { FilesService } from './files.service';

const CALLER = { ip: '192.0.2.1', userAgent: 'test' };

function fileOf(id: string, accountId: string, iuid?: string): UploadedFile {
  return {
    id,
    accountId,
    storageKey: `key of ${id}`,
    name: 'clip.mp4',
    size: 3,
    type: 'video/mp4',
    sha256: 'ab'.repeat(32),
    ...(iuid === undefined ? {} : { iuid }),
    createdAt: new Date(0),
  };
}

describe('FilesService', () => {
  const log = { debug: jest.fn(), info: jest.fn(), warn: jest.fn(), error: jest.fn() };
  const held = new Map<string, UploadedFile>();
  const audits: AuditRecord[] = [];
  const events: string[] = [];
  let storageFault: Error | undefined;
  let files: FilesService;

  beforeEach(() => {
    storageFault = undefined;
    audits.length = 0;
    events.length = 0;
    held.clear();
    for (const file of [fileOf('file_1', 'acc_1'), fileOf('file_2', 'acc_1', 'sub'), fileOf('file_3', 'acc_2')]) {
      held.set(file.id, file);
    }
    const pageOf = (accountId: string | undefined, filter: UploadedFileFilter): Promise<Page<UploadedFile>> => {
      const items = [...held.values()].filter(
        (file) =>
          (accountId === undefined || file.accountId === accountId) &&
          (filter.iuid === undefined || file.iuid === filter.iuid),
      );
      return Promise.resolve({ items, total: items.length });
    };
    const findById = (accountId: string, id: string): UploadedFile | undefined => {
      const file = held.get(id);
      return file?.accountId === accountId ? file : undefined;
    };
    const repository = Object.assign(Object.create(UploadedFileRepository.prototype) as UploadedFileRepository, {
      list: (accountId: string, filter: UploadedFileFilter, _page: PageRequest) => pageOf(accountId, filter),
      listAcrossAccounts: (filter: UploadedFileFilter) => pageOf(undefined, filter),
      findById: (accountId: string, id: string) => Promise.resolve(findById(accountId, id)),
      findByIdAcrossAccounts: (id: string) => Promise.resolve(held.get(id)),
      delete: (accountId: string, id: string, audit: AuditRecord) => {
        const file = findById(accountId, id);
        if (file !== undefined && held.delete(id)) {
          audits.push(audit);
          events.push('record');
        }
        return Promise.resolve(file);
      },
      forgetDeleted: (ids: readonly string[]) => {
        events.push(`forgot ${ids.join()}`);
        return Promise.resolve();
      },
    });
    const storage = Object.assign(Object.create(FileStorage.prototype) as FileStorage, {
      remove: (key: string) => {
        events.push(`removed ${key}`);
        return storageFault === undefined ? Promise.resolve() : Promise.reject(storageFault);
      },
    });
    const audit = new AuditTrail(Object.create(AuditRepository.prototype) as AuditRepository, new FakeClock());
    files = new FilesService(repository, storage, audit, log);
  });

  const ids = async (owner: StorageOwner): Promise<readonly string[]> =>
    (await files.list(owner, undefined, { limit: 50, offset: 0 })).items.map(({ id }) => id);

  it('shows operators everything, an account its own, a sub-account what it issued', async () => {
    expect(await ids(EVERYBODY)).toEqual(['file_1', 'file_2', 'file_3']);
    expect(await ids({ accountId: 'acc_1' })).toEqual(['file_1', 'file_2']);
    expect(await ids({ accountId: 'acc_1', iuid: 'sub' })).toEqual(['file_2']);
  });

  it.each<[string, StorageOwner, string]>([
    ["another account's", { accountId: 'acc_2' }, 'file_1'],
    ["the main account's, to a sub-account", { accountId: 'acc_1', iuid: 'sub' }, 'file_1'],
    ["another sub-account's", { accountId: 'acc_1', iuid: 'other' }, 'file_2'],
    ['unknown', EVERYBODY, 'file_9'],
    ['no id at all', EVERYBODY, '../../etc/passwd'],
  ])('finds and deletes no file that is %s', async (_whose, owner, id) => {
    await expect(files.find(owner, id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(files.delete(owner, id, CALLER)).rejects.toMatchObject({ code: 'not_found' });
    expect(held.size).toBe(3);
    expect(events).toEqual([]);
  });

  it('deletes the record first, audited, and the content after it', async () => {
    await files.delete({ accountId: 'acc_1' }, 'file_1', CALLER);
    expect(events).toEqual(['record', 'removed key of file_1', 'forgot file_1']);
    expect(audits).toMatchObject([
      { action: 'delete_file', accountId: 'acc_1', resourceId: 'file_1', result: 'success' },
    ]);
  });

  it('has deleted a file also when its content can not be removed, and leaves that to the sweep', async () => {
    storageFault = new Error('the disk is away');
    await files.delete(EVERYBODY, 'file_3', CALLER);
    expect(held.has('file_3')).toBe(false);
    expect(events).toEqual(['record', 'removed key of file_3']);
    expect(audits).toMatchObject([{ accountId: 'acc_2', requestData: { by: 'operator' } }]);
  });
});

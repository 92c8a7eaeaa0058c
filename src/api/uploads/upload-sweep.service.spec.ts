import type { UploadedFileRepository } from '@tollgate/domain';
import type { FileStorage } from '@tollgate/file-storage';
import type { Log } from '@tollgate/observability';
import { UploadSweep } from './upload-sweep.service';

describe('the sweep of uploads', () => {
  const storage = { sweep: jest.fn(), remove: jest.fn() };
  const files = { listDeleted: jest.fn(), forgetDeleted: jest.fn(), findExisting: jest.fn() };
  const log = { info: jest.fn(), warn: jest.fn() };
  const sweep = new UploadSweep(
    storage as Partial<FileStorage> as FileStorage,
    files as Partial<UploadedFileRepository> as UploadedFileRepository,
    log as Partial<Log> as Log,
  );
  beforeEach(() => {
    jest.resetAllMocks();
    storage.sweep.mockResolvedValue({ abandoned: 0, orphaned: 0 });
    files.listDeleted.mockResolvedValue([]);
  });

  it('asks the records which contents are somebody’s', async () => {
    files.findExisting.mockResolvedValue(new Set(['file_1']));
    storage.sweep.mockImplementation(async (find: (ids: string[]) => Promise<Set<string>>) => {
      expect(await find(['file_1', 'file_2'])).toEqual(new Set(['file_1']));
      return { abandoned: 0, orphaned: 1 };
    });
    await sweep.sweep();
    expect(files.findExisting).toHaveBeenCalledWith(['file_1', 'file_2']);
    expect(log.info).toHaveBeenCalledWith({ abandoned: 0, orphaned: 1, deleted: 0 }, expect.any(String));
  });

  it('forgets a deleted file only when its content is gone', async () => {
    files.listDeleted.mockResolvedValue([
      { id: 'a', storageKey: 'ka' },
      { id: 'b', storageKey: 'kb' },
    ]);
    storage.remove.mockImplementation(async (key: string) => {
      if (key === 'ka') throw new Error('no');
    });
    await sweep.sweep();
    expect(files.forgetDeleted).toHaveBeenCalledWith(['b']);
  });

  it('that fails is told to the log, and the next one is tried', async () => {
    storage.sweep.mockRejectedValueOnce(new Error('away'));
    await sweep.sweep();
    expect(log.warn).toHaveBeenCalledTimes(1);
    await sweep.sweep();
    expect(files.listDeleted).toHaveBeenCalledTimes(1);
  });

  it('says nothing when there was nothing to remove', async () => {
    await sweep.sweep();
    expect(log.info).not.toHaveBeenCalled();
    expect(files.forgetDeleted).not.toHaveBeenCalled();
  });
});

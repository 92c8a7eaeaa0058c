import { createHash } from 'node:crypto';
import { type FileStorage, StorageFullError } from '@tollgate/file-storage';
import { TYPE_BYTES } from './content-type';
import { UploadIntake } from './upload-intake';

const MP4 = Buffer.concat([
  Buffer.from('00000018667479706d703432000000006d70343269736f6d', 'hex'),
  Buffer.alloc(9_976, 1),
]);

describe('the intake of a content', () => {
  const writer = { write: jest.fn(), complete: jest.fn(), keep: jest.fn(), abort: jest.fn() };
  const create = jest.fn();
  const intake = (maxBytes = 100_000) =>
    new UploadIntake({ create } as Partial<FileStorage> as FileStorage, {
      fileId: 'file_1',
      maxBytes,
      allowsType: (type) => type.startsWith('video/'),
    });
  const written = (): Buffer =>
    Buffer.concat(writer.write.mock.calls.map(([chunk]: Buffer[]) => chunk ?? Buffer.alloc(0)));
  const feed = async (into: UploadIntake, content: Buffer, step: number): Promise<void> => {
    for (let at = 0; at < content.length; at += step) await into.write(content.subarray(at, at + step));
  };
  beforeEach(() => {
    jest.resetAllMocks();
    create.mockResolvedValue(writer);
    writer.complete.mockResolvedValue('key');
  });

  it.each([1, 7, 4_099, 4_100, 4_101, 10_000])(
    'hands all of it on, in pieces of %d bytes, with its digest',
    async (step) => {
      const taking = intake();
      await feed(taking, MP4, step);
      expect(await taking.end()).toEqual({
        size: MP4.length,
        type: { type: 'video/mp4', extension: 'mp4' },
        sha256: createHash('sha256').update(MP4).digest('hex'),
      });
      expect(written().equals(MP4)).toBe(true);
      expect(await taking.complete()).toBe('key');
    },
  );

  it('writes nothing before it has seen enough to know the type, and nothing at all of a wrong one', async () => {
    const taking = intake();
    await taking.write(Buffer.alloc(TYPE_BYTES - 1, 'x'));
    expect(create).not.toHaveBeenCalled();
    await expect(taking.write(Buffer.from('x'))).rejects.toMatchObject({ uploadCode: 'UNSUPPORTED_FILE_TYPE' });
    expect(create).not.toHaveBeenCalled();
  });

  it('knows a content that is shorter than that at its end', async () => {
    const taking = intake();
    await taking.write(MP4.subarray(0, 100));
    expect(create).not.toHaveBeenCalled();
    expect(await taking.end()).toMatchObject({ size: 100 });
    expect(written().length).toBe(100);
  });

  it('names the type that it refuses', async () => {
    const taking = intake();
    await taking.write(Buffer.from('504b0304140000000800', 'hex'));
    await expect(taking.end()).rejects.toThrow('application/zip');
  });

  it('takes exactly the limit, and not a byte more', async () => {
    const exact = intake(MP4.length);
    await feed(exact, MP4, 1_000);
    await exact.end();
    await expect(feed(intake(MP4.length - 1), MP4, 1_000)).rejects.toMatchObject({ uploadCode: 'FILE_TOO_LARGE' });
  });

  it('refuses an empty content', async () => {
    await expect(intake().end()).rejects.toMatchObject({ uploadCode: 'EMPTY_FILE' });
  });

  it.each(['create', 'write', 'complete'] as const)('tells a full disk from a fault (%s)', async (step) => {
    const fail = step === 'create' ? create : writer[step];
    const run = async (): Promise<void> => {
      const taking = intake();
      await feed(taking, MP4, 1_000);
      await taking.complete();
    };
    fail.mockRejectedValue(new StorageFullError('full'));
    await expect(run()).rejects.toMatchObject({ uploadCode: 'STORAGE_FULL' });
    fail.mockRejectedValue(new Error('broken'));
    await expect(run()).rejects.toThrow('broken');
  });

  it('is busy exactly while the storage has not taken what it was given', async () => {
    const taking = intake();
    await taking.write(MP4.subarray(0, 5_000));
    let take: () => void = () => undefined;
    writer.write.mockReturnValue(new Promise<void>((resolve) => (take = resolve)));
    const writing = taking.write(MP4.subarray(5_000));
    expect(taking.isBusy).toBe(true);
    take();
    await writing;
    expect(taking.isBusy).toBe(false);
  });

  it('may be aborted before anything was written, and after', async () => {
    await intake().abort();
    expect(writer.abort).not.toHaveBeenCalled();
    const taking = intake();
    await taking.write(MP4);
    await taking.abort();
    expect(writer.abort).toHaveBeenCalledTimes(1);
  });
});

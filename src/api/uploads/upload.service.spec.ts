import type { UploadedFile, UploadedFileRepository } from '@tollgate/domain';
import type { FileStorage } from '@tollgate/file-storage';
import type { Log } from '@tollgate/observability';
import type { RefusalRecorder } from '../audit/refusal-recorder.service';
import type { DiskFloor } from './disk-floor';
import { RunningUploads } from './running-uploads';
import type { UploadAdmissions } from './upload-admissions.service';
import { BrokenOffError, type FormSink, type UploadForm } from './upload-form';
import { UploadPolicy } from './upload-policy';
import { invalidForm, quotaExceeded, storageFull, tooSlow } from './upload-refusals';
import { UploadPace, Uploads } from './upload.service';

const MP4 = Buffer.concat([
  Buffer.from('00000018667479706d703432000000006d70343269736f6d', 'hex'),
  Buffer.alloc(5_000),
]);
const FILE = { id: 'file_1', accountId: 'acc_1' } as UploadedFile;
const GRANT = {
  fileId: 'file_1',
  accountId: 'acc_1',
  token: { id: 'ut_1', options: {} },
  holder: 'h',
  maxBytes: 10_000,
};
const CALLER = { ip: '192.0.2.1', userAgent: '' };

describe('an upload that is received', () => {
  const admissions = { admit: jest.fn(), commit: jest.fn(), release: jest.fn(), refuse: jest.fn(), renew: jest.fn() };
  const files = { findById: jest.fn() };
  const writer = { write: jest.fn(), complete: jest.fn(), keep: jest.fn(), abort: jest.fn() };
  const floor = { assertRoom: jest.fn() };
  const log = { warn: jest.fn() };
  const refusals = { record: jest.fn() };
  const form = { read: jest.fn(), takeReceived: () => 77, receivedBytes: 77 };
  const running = new RunningUploads(1);
  const policy = new UploadPolicy({
    maxBytes: 10_000,
    allowedTypes: ['video/*'],
    quotaBytes: undefined,
    maxAttempts: 5,
    requiresToken: true,
  });
  const uploads = new Uploads(
    admissions as unknown as UploadAdmissions,
    files as Partial<UploadedFileRepository> as UploadedFileRepository,
    { create: async () => writer } as unknown as FileStorage,
    policy,
    running,
    floor as unknown as DiskFloor,
    new UploadPace(30_000, 1),
    refusals as unknown as RefusalRecorder,
    log as Partial<Log> as Log,
  );
  const receive = async () =>
    uploads.receive({
      headers: { 'content-type': 'multipart/form-data; boundary=x', 'x-upload-token': 't', 'idempotency-key': 'k' },
      caller: CALLER,
      form: form as Partial<UploadForm> as UploadForm,
      awaitsInvitation: false,
      invite: () => undefined,
    });
  /** How often each end of a token was asked for. */
  const ends = () => [admissions.commit, admissions.release, admissions.refuse].map((end) => end.mock.calls.length);

  beforeEach(() => {
    jest.resetAllMocks();
    admissions.admit.mockResolvedValue(GRANT);
    admissions.commit.mockResolvedValue(FILE);
    writer.complete.mockResolvedValue('key');
    form.read.mockImplementation(async (sink: FormSink) => {
      sink.begin('a.mp4');
      await sink.write(MP4);
    });
  });
  afterEach(() => {
    expect(running.count).toBe(0);
  });

  it('is committed before its content is kept', async () => {
    const order: string[] = [];
    admissions.commit.mockImplementation(async () => {
      order.push('commit');
      return FILE;
    });
    writer.complete.mockImplementation(async () => {
      order.push('complete');
      return 'key';
    });
    writer.keep.mockImplementation(async () => order.push('keep'));
    expect(await receive()).toEqual({ file: FILE, isRepeated: false });
    expect(order).toEqual(['complete', 'commit', 'keep']);
    expect(admissions.commit).toHaveBeenCalledWith(
      GRANT,
      expect.objectContaining({ storageKey: 'key', name: 'a.mp4', size: MP4.length, type: 'video/mp4' }),
      'k',
      CALLER,
    );
    expect([ends(), writer.abort.mock.calls.length]).toEqual([[1, 0, 0], 0]);
  });

  it.each([
    ['a form that is none', invalidForm('x')],
    ['a content that is too large', undefined],
  ])('uses its token when it is refused for what was sent: %s', async (_what, error) => {
    form.read.mockImplementation(async (sink: FormSink) => {
      sink.begin('a.mp4');
      await sink.write(MP4);
      if (error !== undefined) throw error;
      await sink.write(Buffer.alloc(10_000));
    });
    await expect(receive()).rejects.toMatchObject({ status: error === undefined ? 413 : 400 });
    expect([ends(), writer.abort.mock.calls.length]).toEqual([[0, 0, 1], 1]);
    expect(refusals.record).not.toHaveBeenCalled();
  });

  it.each([
    ['the client goes away', new BrokenOffError('gone')],
    ['the client is too slow', tooSlow()],
    ['the disk is full', storageFull()],
    ['something breaks', new Error('broken')],
  ])('gives its token back, and leaves nothing, when %s', async (_what, error) => {
    form.read.mockImplementation(async (sink: FormSink) => {
      sink.begin('a.mp4');
      await sink.write(MP4);
      throw error;
    });
    await expect(receive()).rejects.toBe(error);
    expect([ends(), writer.abort.mock.calls.length]).toEqual([[0, 1, 0], 1]);
    expect(admissions.release).toHaveBeenCalledWith(GRANT, 77);
  });

  it('leaves nothing when its commit is refused', async () => {
    admissions.commit.mockRejectedValue(quotaExceeded());
    await expect(receive()).rejects.toMatchObject({ uploadCode: 'QUOTA_EXCEEDED' });
    expect([ends(), writer.abort.mock.calls.length]).toEqual([[1, 1, 0], 1]);
  });

  describe('when the store fails at its commit', () => {
    beforeEach(() => admissions.commit.mockRejectedValue(new Error('cut off')));

    it('is stored if the store has it', async () => {
      files.findById.mockResolvedValue(FILE);
      expect(await receive()).toEqual({ file: FILE, isRepeated: false });
      expect([writer.keep.mock.calls.length, writer.abort.mock.calls.length]).toEqual([1, 0]);
    });

    it('leaves nothing if the store has it not', async () => {
      files.findById.mockResolvedValue(undefined);
      await expect(receive()).rejects.toThrow('cut off');
      expect([ends(), writer.abort.mock.calls.length]).toEqual([[1, 1, 0], 1]);
    });

    it('leaves its content to the sweep if the store does not say', async () => {
      files.findById.mockRejectedValue(new Error('away'));
      await expect(receive()).rejects.toThrow('cut off');
      expect([writer.keep.mock.calls.length, writer.abort.mock.calls.length]).toEqual([0, 0]);
      expect(admissions.release).toHaveBeenCalledTimes(1);
    });
  });

  it('is stored also when its content can not be moved to its place yet', async () => {
    writer.keep.mockRejectedValue(new Error('no'));
    expect(await receive()).toEqual({ file: FILE, isRepeated: false });
    expect(log.warn).toHaveBeenCalledTimes(1);
  });

  it('tells what it was refused for also when its token can not be given back', async () => {
    form.read.mockRejectedValue(invalidForm('x'));
    admissions.refuse.mockRejectedValue(new Error('away'));
    await expect(receive()).rejects.toMatchObject({ uploadCode: 'INVALID_MULTIPART' });
    expect(log.warn).toHaveBeenCalledTimes(1);
  });

  it('is asked for nothing when there is no room, and its token for nothing either', async () => {
    floor.assertRoom.mockRejectedValue(storageFull());
    await expect(receive()).rejects.toMatchObject({ uploadCode: 'STORAGE_FULL' });
    expect([admissions.admit.mock.calls.length, form.read.mock.calls.length]).toEqual([0, 0]);
    expect(refusals.record).toHaveBeenCalledTimes(1);
  });
});

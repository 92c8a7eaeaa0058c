import type { UploadedFile } from '@tollgate/domain';
import type { FileStorage } from '@tollgate/file-storage';
import type { Log } from '@tollgate/observability';
import type { DiskFloor } from './disk-floor';
import { RunningUploads } from './running-uploads';
import { UnknownOutcomeError } from './unknown-outcome-error';
import type { UploadAdmissions } from './upload-admissions.service';
import { BrokenOffError, type FormSink, type UploadForm } from './upload-form';
import { UploadPace } from './upload-pace';
import { UploadPolicy } from './upload-policy';
import type { UploadRefusalTrail } from './upload-refusal-trail';
import { invalidForm, quotaExceeded, storageFull, tooSlow } from './upload-refusals';
import type { UploadRepeats } from './upload-repeats';
import { Uploads } from './upload.service';

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
  const admissions = {
    admit: jest.fn(),
    commitOrFind: jest.fn(),
    release: jest.fn(),
    refuse: jest.fn(),
    renew: jest.fn(),
  };
  const writer = { write: jest.fn(), complete: jest.fn(), keep: jest.fn(), leave: jest.fn(), abort: jest.fn() };
  const floor = { assertRoom: jest.fn() };
  const log = { warn: jest.fn() };
  const repeats = { take: jest.fn() };
  const trail = { record: jest.fn() };
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
    { create: async () => writer } as unknown as FileStorage,
    policy,
    running,
    floor as unknown as DiskFloor,
    new UploadPace(30_000, 1),
    repeats as unknown as UploadRepeats,
    trail as unknown as UploadRefusalTrail,
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
  const ends = () =>
    [admissions.commitOrFind, admissions.release, admissions.refuse].map((end) => end.mock.calls.length);

  beforeEach(() => {
    jest.resetAllMocks();
    admissions.admit.mockResolvedValue(GRANT);
    admissions.commitOrFind.mockResolvedValue(FILE);
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
    admissions.commitOrFind.mockImplementation(async () => {
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
    expect(admissions.commitOrFind).toHaveBeenCalledWith(
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
    expect(trail.record).not.toHaveBeenCalled();
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
    admissions.commitOrFind.mockRejectedValue(quotaExceeded());
    await expect(receive()).rejects.toMatchObject({ uploadCode: 'QUOTA_EXCEEDED' });
    expect([ends(), writer.abort.mock.calls.length]).toEqual([[1, 1, 0], 1]);
  });

  it('leaves nothing when the store fails at its commit, and has it not', async () => {
    admissions.commitOrFind.mockRejectedValue(new Error('cut off'));
    await expect(receive()).rejects.toThrow('cut off');
    expect([ends(), writer.abort.mock.calls.length]).toEqual([[1, 1, 0], 1]);
  });

  describe('when the store does not say whether it was committed', () => {
    beforeEach(() => {
      admissions.commitOrFind.mockRejectedValue(new UnknownOutcomeError(new Error('cut off')));
    });

    it('leaves its content to the sweep', async () => {
      await expect(receive()).rejects.toThrow('cut off');
      expect([writer.keep, writer.abort, writer.leave].map((end) => end.mock.calls.length)).toEqual([0, 0, 1]);
      expect(admissions.release).toHaveBeenCalledTimes(1);
    });

    it('says that, also when its content can not be left', async () => {
      writer.leave.mockRejectedValue(new Error('no'));
      await expect(receive()).rejects.toThrow('cut off');
      expect(log.warn).toHaveBeenCalledTimes(1);
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

  it('is not read, and gives nothing back, when it is not admitted', async () => {
    const refusal = storageFull();
    admissions.admit.mockRejectedValue(refusal);
    await expect(receive()).rejects.toBe(refusal);
    expect([ends(), form.read.mock.calls.length]).toEqual([[0, 0, 0], 0]);
    expect(trail.record.mock.calls).toEqual([[refusal, CALLER]]);
  });

  it('is recorded, and not even admitted, when as many run as may', async () => {
    const other = running.begin();
    await expect(receive()).rejects.toMatchObject({ uploadCode: 'TOO_MANY_UPLOADS' });
    other.end();
    expect(admissions.admit).not.toHaveBeenCalled();
    expect(trail.record.mock.calls).toEqual([[expect.objectContaining({ uploadCode: 'TOO_MANY_UPLOADS' }), CALLER]]);
  });

  it('is told again, and read by nobody who stores it, when it was stored before', async () => {
    admissions.admit.mockResolvedValue({ repeated: FILE });
    expect(await receive()).toEqual({ file: FILE, isRepeated: true });
    expect(repeats.take).toHaveBeenCalledTimes(1);
    expect([ends(), form.read.mock.calls.length]).toEqual([[0, 0, 0], 0]);
    const refusal = tooSlow();
    repeats.take.mockRejectedValue(refusal);
    await expect(receive()).rejects.toBe(refusal);
    expect(trail.record.mock.calls).toEqual([[refusal, CALLER]]);
  });
});

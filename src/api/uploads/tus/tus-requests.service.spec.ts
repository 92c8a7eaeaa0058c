import type { IncomingMessage } from 'node:http';
import type { UploadedFile } from '@tollgate/domain';
import type { Log } from '@tollgate/observability';
import { buildUploadToken } from '@tollgate/testing';
import type { RefusalRecorder } from '../../audit/refusal-recorder.service';
import { RunningUploads } from '../running-uploads';
import type { UploadAdmissions } from '../upload-admissions.service';
import { UploadError } from '../upload-error';
import { BrokenOffError } from '../upload-form';
import { UploadPolicy } from '../upload-policy';
import { UploadRefusalTrail } from '../upload-refusal-trail';
import { UnknownOutcomeError } from '../unknown-outcome-error';
import type { PieceBody } from './piece-body';
import type { PieceIntake } from './piece-intake.service';
import type { ResumableUploads } from './resumable-uploads.service';
import { ResumeWindow } from './resume-window';
import { PIECE_TYPE } from './tus-protocol';
import type { TusRequest } from './tus-request';
import { TusRequests } from './tus-requests.service';
import type { UploadTurns } from './upload-turns';

const TOKEN = buildUploadToken({ accountId: 'acc_1' });
const GRANT = { fileId: 'file_1', accountId: 'acc_1', token: TOKEN, holder: 'file_1', maxBytes: 100 };
const CALLER = { ip: '192.0.2.1', userAgent: '' };
const OPEN = { grant: GRANT, note: { metadata: {}, createdAt: new Date() }, caller: CALLER, isNamed: true };
const FILE = { id: 'file_1', accountId: 'acc_1', size: 100 } as UploadedFile;
const MAX_RUNNING = 1;

describe('requests for resumable uploads', () => {
  let running: RunningUploads;
  let requests: TusRequests;
  const uploads = {
    begin: jest.fn(),
    assertOwn: jest.fn(),
    resume: jest.fn(),
    terminate: jest.fn(),
    leave: jest.fn(),
    leftMs: () => 1_000,
  };
  const intake = { take: jest.fn(), finish: jest.fn() };
  const admissions = { find: jest.fn(), findRepeated: jest.fn() };
  const turn = { signal: new AbortController().signal, assertHeld: jest.fn(), end: jest.fn() };
  const turns = { take: jest.fn() };
  const recorder = { record: jest.fn() };
  const log = { warn: jest.fn() };
  let isGone = false;

  beforeEach(() => {
    jest.resetAllMocks();
    isGone = false;
    running = new RunningUploads(MAX_RUNNING);
    requests = new TusRequests(
      uploads as unknown as ResumableUploads,
      intake as unknown as PieceIntake,
      admissions as unknown as UploadAdmissions,
      turns as unknown as UploadTurns,
      running,
      new UploadPolicy({
        maxBytes: 1_000,
        allowedTypes: ['video/*'],
        quotaBytes: undefined,
        maxAttempts: 5,
        requiresToken: true,
      }),
      new ResumeWindow(1_000, 1_000),
      new UploadRefusalTrail(recorder as unknown as RefusalRecorder),
      log as unknown as Log,
    );
    uploads.begin.mockResolvedValue(OPEN);
    uploads.resume.mockResolvedValue({ open: OPEN, partial: { size: 100, offset: 0 } });
    admissions.find.mockResolvedValue(TOKEN);
    turns.take.mockResolvedValue(turn);
    intake.take.mockResolvedValue(40);
  });
  afterEach(() => {
    expect(running.count).toBe(0);
  });

  function send(method: string, headers: Readonly<Record<string, string>>, uploadId?: string) {
    const path = uploadId === undefined ? '/api/video/tus' : `/api/video/tus/${uploadId}`;
    const request: TusRequest = {
      raw: { method, url: path, headers: { 'tus-resumable': '1.0.0', ...headers } } as unknown as IncomingMessage,
      uploadId,
      caller: CALLER,
      body: { takeReceived: () => 7 } as unknown as PieceBody,
      hasPiece: headers['content-type'] === PIECE_TYPE,
      invite: () => undefined,
      isGone: () => isGone,
    };
    return requests.handle(request);
  }
  const create = (headers: Readonly<Record<string, string>> = {}) =>
    send('POST', { 'upload-length': '100', ...headers });
  const createWithPiece = () => create({ 'content-type': PIECE_TYPE });
  const patch = () => send('PATCH', { 'upload-offset': '0', 'content-type': PIECE_TYPE }, 'file_1');

  it('that begin one tell where it is', async () => {
    const { status, headers } = await create();
    expect(status).toBe(201);
    expect(headers['location']).toMatch(/^\/api\/video\/tus\/file_/);
    expect(uploads.terminate).not.toHaveBeenCalled();
  });

  describe('that begin one whose client does not hear of it', () => {
    it.each([
      ['because it broke off', new BrokenOffError('gone')],
      ['because it was too slow', new UploadError('UPLOAD_TOO_SLOW', 'slow')],
      ['because of a fault', new Error('fault')],
    ])('leave nothing of it and free its token: %s', async (_why, error) => {
      intake.take.mockRejectedValue(error);
      await expect(createWithPiece()).rejects.toBe(error);
      expect(uploads.terminate).toHaveBeenCalledWith(OPEN, 7);
    });

    it('leave nothing of it and free its token: because it was gone when it was to be answered', async () => {
      isGone = true;
      await expect(create()).rejects.toBeInstanceOf(BrokenOffError);
      expect(uploads.terminate).toHaveBeenCalledWith(OPEN, 7);
    });

    it('leave nothing of it and free its token: because its piece is longer than it', async () => {
      await expect(create({ 'content-type': PIECE_TYPE, 'content-length': '101' })).rejects.toMatchObject({
        statusCode: 413,
      });
      expect(uploads.terminate).toHaveBeenCalledTimes(1);
    });

    it('leave its content alone when it may be a file, but free its token', async () => {
      const cause = new Error('the store is gone');
      intake.take.mockResolvedValue(100);
      intake.finish.mockRejectedValue(new UnknownOutcomeError(cause));
      await expect(createWithPiece()).rejects.toBe(cause);
      expect(uploads.leave).toHaveBeenCalledWith(OPEN, 7);
      expect(uploads.terminate).not.toHaveBeenCalled();
    });

    it('keep it when it is a file', async () => {
      isGone = true;
      intake.take.mockResolvedValue(100);
      intake.finish.mockResolvedValue(FILE);
      expect(await createWithPiece()).toMatchObject({ status: 201, stored: FILE, finished: FILE });
      expect(uploads.terminate).not.toHaveBeenCalled();
    });

    it('fail with what they failed with, also when it can not be given up', async () => {
      const error = new Error('fault');
      intake.take.mockRejectedValue(error);
      uploads.terminate.mockRejectedValue(new Error('another'));
      await expect(createWithPiece()).rejects.toBe(error);
      expect(log.warn).toHaveBeenCalledTimes(1);
    });
  });

  describe('when as many uploads run as may', () => {
    it('are refused for their token first', async () => {
      const running1 = running.begin();
      const invalid = new UploadError('INVALID_UPLOAD_TOKEN', 'invalid');
      admissions.find.mockRejectedValue(invalid);
      await expect(patch()).rejects.toBe(invalid);
      await expect(createWithPiece()).rejects.toBe(invalid);
      running1.end();
    });

    it('are told so after their turn has come, and the turn ends', async () => {
      const other = running.begin();
      await expect(patch()).rejects.toMatchObject({ uploadCode: 'TOO_MANY_UPLOADS' });
      expect(turns.take).toHaveBeenCalled();
      expect(turn.end).toHaveBeenCalledTimes(1);
      await expect(createWithPiece()).rejects.toMatchObject({ uploadCode: 'TOO_MANY_UPLOADS' });
      expect(uploads.begin).not.toHaveBeenCalled();
      other.end();
    });

    it('tell again of a file that is stored', async () => {
      const other = running.begin();
      uploads.resume.mockResolvedValue({ stored: FILE });
      expect(await send('PATCH', { 'upload-offset': '100', 'content-type': PIECE_TYPE }, 'file_1')).toMatchObject({
        stored: FILE,
      });
      admissions.findRepeated.mockResolvedValue(FILE);
      expect(await createWithPiece()).toMatchObject({ status: 201, stored: FILE });
      expect(intake.take).not.toHaveBeenCalled();
      other.end();
    });
  });

  it('count as running neither before they have shown a token nor while they wait for their turn', async () => {
    const counts: number[] = [];
    admissions.find.mockImplementation(async () => {
      counts.push(running.count);
      return TOKEN;
    });
    turns.take.mockImplementation(async () => {
      counts.push(running.count);
      return turn;
    });
    intake.take.mockImplementation(async () => {
      counts.push(running.count);
      return 40;
    });
    await patch();
    expect(counts).toEqual([0, 0, 1]);
  });

  it('do nothing when their client went away while they waited for their turn', async () => {
    isGone = true;
    await expect(patch()).rejects.toBeInstanceOf(BrokenOffError);
    expect(uploads.resume).not.toHaveBeenCalled();
    expect(turn.end).toHaveBeenCalledTimes(1);
  });

  describe('that are refused', () => {
    const records = () => recorder.record.mock.calls.map(([record]: Record<string, unknown>[]) => record);

    it.each([
      ['TOO_MANY_UPLOADS', new UploadError('TOO_MANY_UPLOADS', 'busy')],
      ['BROKEN_OFF', new BrokenOffError('gone')],
    ])('are recorded once, with account and token: %s', async (code, error) => {
      intake.take.mockRejectedValue(error);
      await expect(patch()).rejects.toBe(error);
      expect(records()).toMatchObject([
        { action: 'upload_file', accountId: 'acc_1', resourceId: TOKEN.id, isProved: true, data: { code } },
      ]);
    });

    it('by the rules of the protocol are recorded once, with account and token', async () => {
      await expect(send('PATCH', { 'upload-offset': '5', 'content-type': PIECE_TYPE }, 'file_1')).rejects.toMatchObject(
        {
          statusCode: 409,
        },
      );
      expect(records()).toMatchObject([{ accountId: 'acc_1', resourceId: TOKEN.id, isProved: true }]);
    });

    it('for a token that is used or expired are recorded once, with the token, which proves nothing', async () => {
      uploads.begin.mockRejectedValue(new UploadError('TOKEN_EXPIRED', 'expired'));
      await expect(create()).rejects.toMatchObject({ uploadCode: 'TOKEN_EXPIRED' });
      expect(records()).toMatchObject([
        { accountId: 'acc_1', resourceId: TOKEN.id, isProved: false, data: { code: 'TOKEN_EXPIRED' } },
      ]);
    });

    it('for what ends the token are recorded with the token, and not once more', async () => {
      const error = new UploadError('UNSUPPORTED_FILE_TYPE', 'wrong');
      intake.take.mockRejectedValue(error);
      await expect(patch()).rejects.toBe(error);
      await expect(createWithPiece()).rejects.toBe(error);
      expect(records()).toEqual([]);
      expect(uploads.terminate).not.toHaveBeenCalled();
    });

    it('before they have begun are recorded also for what would end the token', async () => {
      await expect(create({ 'upload-length': '0' })).rejects.toMatchObject({ uploadCode: 'EMPTY_FILE' });
      expect(records()).toMatchObject([{ resourceId: TOKEN.id, data: { code: 'EMPTY_FILE' } }]);
    });

    it('without a token that is known are recorded once, with none', async () => {
      admissions.find.mockRejectedValue(new UploadError('INVALID_UPLOAD_TOKEN', 'invalid'));
      await expect(create()).rejects.toThrow();
      expect(records()).toEqual([expect.objectContaining({ accountId: '', isProved: false })]);
      expect(records()[0]).not.toHaveProperty('resourceId');
    });

    it('by a fault are not recorded', async () => {
      intake.take.mockRejectedValue(new Error('fault'));
      await expect(patch()).rejects.toThrow('fault');
      expect(records()).toEqual([]);
    });
  });
});

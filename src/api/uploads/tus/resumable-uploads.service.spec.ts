import type { UploadTokenRepository, UploadedFile, UploadedFileRepository } from '@tollgate/domain';
import type { PartialUploads } from '@tollgate/file-storage';
import { FakeClock, buildUploadToken } from '@tollgate/testing';
import type { UploadTokenVerifier } from '../../upload-tokens/upload-token-verifier.service';
import type { UploadAdmissions } from '../upload-admissions.service';
import { UploadError } from '../upload-error';
import { UPLOAD_HOLD_MS } from '../upload-policy';
import { ContentDigests } from './content-digests';
import { ResumableUploads } from './resumable-uploads.service';
import { ResumeWindow } from './resume-window';

const HOUR_MS = 3_600_000;
const WINDOW_MS = 24 * HOUR_MS;
const MAX_MS = 72 * HOUR_MS;
const TOKEN = buildUploadToken({ accountId: 'acc_1' });
const CALLER = { ip: '192.0.2.1', userAgent: '' };
const GRANT = { fileId: 'file_1', accountId: 'acc_1', token: TOKEN, holder: 'file_1', maxBytes: 100 };
const WANTED = { id: 'file_1', token: TOKEN, size: 100, metadata: {}, idempotencyKey: undefined, caller: CALLER };
const FILE = { id: 'file_1', accountId: 'acc_1', tokenId: TOKEN.id } as UploadedFile;
const USED = new UploadError('TOKEN_ALREADY_USED', 'used');

describe('ResumableUploads', () => {
  let clock: FakeClock;
  let uploads: ResumableUploads;
  let note = '';
  const partials = { create: jest.fn(), find: jest.fn(), touch: jest.fn(), remove: jest.fn() };
  const files = { findById: jest.fn() };
  const tokens = { findCredentialByHash: jest.fn() };
  const admissions = {
    reserve: jest.fn(),
    renew: jest.fn(),
    release: jest.fn(),
    refuse: jest.fn(),
    grantOf: () => GRANT,
  };
  const resume = () => uploads.resume('file_1', TOKEN, CALLER);

  beforeEach(() => {
    jest.resetAllMocks();
    clock = new FakeClock();
    uploads = new ResumableUploads(
      partials as unknown as PartialUploads,
      files as unknown as UploadedFileRepository,
      tokens as unknown as UploadTokenRepository,
      {} as UploadTokenVerifier,
      admissions as unknown as UploadAdmissions,
      new ContentDigests(),
      new ResumeWindow(WINDOW_MS, MAX_MS),
      clock,
    );
    admissions.reserve.mockResolvedValue(GRANT);
    partials.create.mockImplementation(async (_id: string, _size: number, text: string) => {
      note = text;
    });
    partials.find.mockImplementation(async () => ({ size: 100, offset: 40, note }));
  });

  it('hold the token of one that nobody has asked for yet as long as a plain upload does', async () => {
    const upload = await uploads.begin(WANTED);
    await uploads.keepAlive(upload, 7);
    expect(admissions.reserve).toHaveBeenCalledWith(TOKEN, 'file_1', UPLOAD_HOLD_MS, 100);
    expect(admissions.renew).toHaveBeenCalledWith(GRANT, 7, UPLOAD_HOLD_MS);
  });

  it('hold it for the whole window as soon as a request names the upload', async () => {
    await uploads.begin(WANTED);
    await resume();
    expect(admissions.renew).toHaveBeenCalledWith(GRANT, 0, WINDOW_MS);
  });

  it('leave nothing, and the token free, where one can not be begun', async () => {
    const fault = new Error('the disk is gone');
    partials.create.mockRejectedValue(fault);
    partials.remove.mockRejectedValue(fault);
    await expect(uploads.begin(WANTED)).rejects.toBe(fault);
    expect(admissions.release).toHaveBeenCalledWith(GRANT, 0);
  });

  it('end at the latest so long after they were created, however often they are asked for', async () => {
    await uploads.begin(WANTED);
    for (let hours = 12; hours < 72; hours += 12) {
      clock.advance(12 * HOUR_MS);
      await resume();
    }
    // No longer held than it lives.
    expect(admissions.renew).toHaveBeenLastCalledWith(GRANT, 0, 12 * HOUR_MS);
    clock.advance(12 * HOUR_MS - 1);
    await resume();
    clock.advance(1);
    await expect(resume()).rejects.toMatchObject({ uploadCode: 'UPLOAD_EXPIRED', status: 410 });
    expect(partials.remove).toHaveBeenCalledWith('file_1');
    expect(admissions.release).toHaveBeenCalledWith(GRANT, 0);
  });

  it('end in the middle of a piece too', async () => {
    const upload = await uploads.begin(WANTED);
    clock.advance(MAX_MS);
    await expect(uploads.keepAlive(upload, 1)).rejects.toMatchObject({ uploadCode: 'UPLOAD_EXPIRED' });
    expect(partials.remove).not.toHaveBeenCalled();
  });

  it('remove one whose token another upload has taken, and say that it has expired', async () => {
    const upload = await uploads.begin(WANTED);
    admissions.renew.mockRejectedValue(USED);
    tokens.findCredentialByHash.mockResolvedValue({ token: TOKEN });
    await expect(uploads.renew(upload, 0)).rejects.toMatchObject({ uploadCode: 'UPLOAD_EXPIRED' });
    expect(partials.remove).toHaveBeenCalledWith('file_1');
  });

  it.each(['renew', 'terminate'] as const)(
    'never remove the content of a file that one has become (%s)',
    async (verb) => {
      const upload = await uploads.begin(WANTED);
      admissions.renew.mockRejectedValue(USED);
      tokens.findCredentialByHash.mockResolvedValue({ token: { ...TOKEN, end: { reason: 'stored' } } });
      files.findById.mockResolvedValue(FILE);
      await uploads[verb](upload, 0).catch((error: unknown) => {
        expect(error).toBe(USED);
      });
      expect(partials.remove).not.toHaveBeenCalled();
    },
  );

  it('remove nothing as long as it can not be told whether it is a file', async () => {
    const upload = await uploads.begin(WANTED);
    files.findById.mockRejectedValue(new Error('the store is gone'));
    await expect(uploads.terminate(upload)).rejects.toThrow('the store is gone');
    expect(partials.remove).not.toHaveBeenCalled();
    expect(admissions.release).toHaveBeenCalled();
  });
});

import type { UploadReservations, UploadTokenRepository, UploadedFile, UploadedFileRepository } from '@tollgate/domain';
import { FakeClock, buildUploadToken } from '@tollgate/testing';
import type { AuditTrail } from '../audit/audit-trail.service';
import type { UploadTokenVerifier } from '../upload-tokens/upload-token-verifier.service';
import type { UploadCallbacks } from './callbacks/upload-callbacks.service';
import type { DiskFloor } from './disk-floor';
import { UploadAdmissions } from './upload-admissions.service';
import { UploadError } from './upload-error';
import { UploadPolicy } from './upload-policy';
import { UnknownOutcomeError } from './unknown-outcome-error';

const TOKEN = buildUploadToken({ accountId: 'acc_1' });
const FILE = { id: 'file_1', accountId: TOKEN.accountId } as UploadedFile;
const CALLER = { ip: '192.0.2.1', userAgent: '' };
const CONTENT = { storageKey: 'k', name: 'a.mp4', size: 1, type: 'video/mp4', sha256: 'ab' };
const FAULT = new Error('the store is gone');

describe('UploadAdmissions', () => {
  const reservations = { reserve: jest.fn(), release: jest.fn() };
  const tokens = { findCredentialByHash: jest.fn(), commit: jest.fn() };
  const files = { findById: jest.fn() };
  const verifier = { find: jest.fn(), assertOpen: jest.fn(), heldUntil: jest.fn() };
  const admissions = new UploadAdmissions(
    verifier as unknown as UploadTokenVerifier,
    tokens as unknown as UploadTokenRepository,
    files as unknown as UploadedFileRepository,
    reservations as unknown as UploadReservations,
    new UploadPolicy({
      maxBytes: 10_000,
      allowedTypes: ['video/*'],
      quotaBytes: undefined,
      maxAttempts: 5,
      requiresToken: true,
    }),
    { assertRoom: () => Promise.resolve() } as unknown as DiskFloor,
    { poke: jest.fn() } as unknown as UploadCallbacks,
    { describe: () => ({}) } as unknown as AuditTrail,
    new FakeClock(),
  );
  const reserve = () => admissions.reserve(TOKEN, 'file_1', 30_000, 1);
  const commit = () => admissions.commitOrFind(admissions.grantOf(TOKEN, 'file_1'), CONTENT, undefined, CALLER);

  beforeEach(() => {
    jest.resetAllMocks();
    reservations.reserve.mockResolvedValue({ kind: 'reserved' });
    reservations.release.mockResolvedValue(undefined);
    tokens.findCredentialByHash.mockResolvedValue({ token: TOKEN, accountStatus: 'active' });
    verifier.heldUntil.mockReturnValue(new UploadError('TOKEN_ALREADY_USED', 'held'));
  });

  it('hold a token that is free', async () => {
    expect(await reserve()).toMatchObject({ fileId: 'file_1', holder: 'file_1', token: TOKEN });
    expect(reservations.release).not.toHaveBeenCalled();
  });

  it('let a token go when what became of it can not be looked up after it was reserved', async () => {
    tokens.findCredentialByHash.mockRejectedValue(FAULT);
    await expect(reserve()).rejects.toBe(FAULT);
    expect(reservations.release).toHaveBeenCalledWith(TOKEN, 'file_1', 0);
  });

  it('let a token go of which it is not known whether it was reserved, without waiting for that', async () => {
    reservations.reserve.mockRejectedValue(FAULT);
    reservations.release.mockReturnValue(new Promise(() => undefined));
    await expect(reserve()).rejects.toBe(FAULT);
    expect(reservations.release).toHaveBeenCalledWith(TOKEN, 'file_1', 0);
  });

  it('let a token go that was used up before it was reserved', async () => {
    tokens.findCredentialByHash.mockResolvedValue({
      token: { ...TOKEN, end: { reason: 'stored' } },
      accountStatus: 'active',
    });
    await expect(reserve()).rejects.toMatchObject({ uploadCode: 'TOKEN_ALREADY_USED', token: { id: TOKEN.id } });
    expect(reservations.release).toHaveBeenCalledTimes(1);
  });

  it('touch nothing of a token that another holds', async () => {
    reservations.reserve.mockResolvedValue({ kind: 'held', until: new Date(0) });
    await expect(reserve()).rejects.toMatchObject({ uploadCode: 'TOKEN_ALREADY_USED', token: { id: TOKEN.id } });
    expect(reservations.release).not.toHaveBeenCalled();
  });

  it('say of a refused token which one it is', async () => {
    verifier.assertOpen.mockImplementation(() => {
      throw new UploadError('TOKEN_EXPIRED', 'expired');
    });
    await expect(reserve()).rejects.toMatchObject({ token: { id: TOKEN.id, accountId: TOKEN.accountId } });
    expect(reservations.reserve).not.toHaveBeenCalled();
  });

  it('take a commit for done whose answer was lost, if the file is there', async () => {
    tokens.commit.mockRejectedValue(FAULT);
    files.findById.mockResolvedValue(FILE);
    expect(await commit()).toBe(FILE);
  });

  it('take a commit for done that another process was faster with', async () => {
    tokens.commit.mockResolvedValue('ended');
    files.findById.mockResolvedValue(FILE);
    expect(await commit()).toBe(FILE);
  });

  it('tell a commit that failed by what it failed with', async () => {
    tokens.commit.mockRejectedValue(FAULT);
    files.findById.mockResolvedValue(undefined);
    await expect(commit()).rejects.toBe(FAULT);
    tokens.commit.mockResolvedValue('quota');
    await expect(commit()).rejects.toMatchObject({ uploadCode: 'QUOTA_EXCEEDED' });
  });

  it.each(['lost', 'refused'])(
    'do not guess whether a commit that was %s has a file, when it can not be asked',
    async (how) => {
      if (how === 'lost') tokens.commit.mockRejectedValue(FAULT);
      else tokens.commit.mockResolvedValue('quota');
      files.findById.mockRejectedValue(new Error('gone too'));
      await expect(commit()).rejects.toBeInstanceOf(UnknownOutcomeError);
    },
  );
});

import type { UploadedFile } from '@tollgate/domain';
import type { IncomingUpload } from './incoming-upload';
import { FORM_LIMITS, type UploadForm } from './upload-form';
import { UploadPace } from './upload-pace';
import { UploadRepeats } from './upload-repeats';

const FILE = { id: 'file_1', accountId: 'acc_1', tokenId: 'ut_1', size: 1_000 } as UploadedFile;
const TOKEN = { id: 'ut_1', accountId: 'acc_1' };

describe('an upload that is repeated', () => {
  const discard = jest.fn();
  const invite = jest.fn();
  const repeats = new UploadRepeats(new UploadPace(30_000, 1));
  const repeat = async (fields: Partial<IncomingUpload> = {}, file = FILE): Promise<void> =>
    repeats.take(file, {
      headers: {},
      caller: { ip: '192.0.2.1', userAgent: '' },
      form: { discard, receivedBytes: 0 } as Partial<UploadForm> as UploadForm,
      awaitsInvitation: false,
      invite,
      ...fields,
    });

  beforeEach(() => {
    jest.resetAllMocks();
  });

  it('may take its time: its body is asked for before it is read', async () => {
    discard.mockImplementation(async () => {
      expect(invite).toHaveBeenCalledTimes(1);
    });
    await repeat();
    expect(discard).toHaveBeenCalledTimes(1);
  });

  it('is not asked for its body when it waits for that', async () => {
    await repeat({ awaitsInvitation: true });
    expect([discard.mock.calls.length, invite.mock.calls.length]).toEqual([0, 0]);
  });

  it('may bring what was stored and a form around it, and no more', async () => {
    await repeat();
    expect(discard).toHaveBeenCalledWith(
      FILE.size + FORM_LIMITS.overheadBytes,
      expect.objectContaining({ uploadCode: 'TOKEN_ALREADY_USED', token: TOKEN }),
      expect.any(AbortSignal),
    );
  });

  it.each([false, true])('is another upload when it announces more (waits to be invited: %s)', async (awaits) => {
    const announcing = (bytes: number) => ({
      headers: { 'content-length': String(FILE.size + FORM_LIMITS.overheadBytes + bytes) },
      awaitsInvitation: awaits,
    });
    await repeat(announcing(0));
    discard.mockReset();
    await expect(repeat(announcing(1))).rejects.toMatchObject({ uploadCode: 'TOKEN_ALREADY_USED', token: TOKEN });
    expect(discard).not.toHaveBeenCalled();
  });

  it('comes in once at a time, and again when that has ended, however it ended', async () => {
    let end: () => void = () => undefined;
    discard.mockReturnValueOnce(
      new Promise<void>(
        (_resolve, reject) =>
          (end = () => {
            reject(new Error('gone'));
          }),
      ),
    );
    const first = repeat();
    const refusal = { uploadCode: 'UPLOAD_BUSY', status: 423, retryAfterSeconds: 5, token: TOKEN };
    await expect(repeat()).rejects.toMatchObject(refusal);
    await repeat({}, { ...FILE, id: 'file_2' });
    end();
    await expect(first).rejects.toThrow('gone');
    await repeat();
  });
});

import { TollgateError } from '@tollgate/domain';
import type { RefusalRecorder } from '../audit/refusal-recorder.service';
import type { UploadGrant } from './upload-grant';
import { UploadError } from './upload-error';
import { BrokenOffError } from './upload-form';
import { UploadRefusalTrail } from './upload-refusal-trail';

const CALLER = { ip: '192.0.2.1', userAgent: '' };
const TOKEN = { id: 'ut_1', accountId: 'acc_1' };
const GRANT = { accountId: 'acc_1', token: TOKEN } as UploadGrant;

describe('the trail of refused uploads', () => {
  const record = jest.fn();
  const trail = new UploadRefusalTrail({ record } as Partial<RefusalRecorder> as RefusalRecorder);
  beforeEach(() => {
    record.mockReset();
  });

  it('names the token that was shown, and takes that for no proof of its account', () => {
    trail.record(new UploadError('TOKEN_EXPIRED', 'expired').about(TOKEN), CALLER);
    expect(record.mock.calls).toEqual([
      [
        {
          action: 'upload_file',
          accountId: 'acc_1',
          isProved: false,
          resourceId: 'ut_1',
          caller: CALLER,
          errorMessage: 'expired',
          data: { code: 'TOKEN_EXPIRED' },
        },
      ],
    ]);
  });

  it('names nobody where nobody is known', () => {
    trail.record(new UploadError('TOO_MANY_UPLOADS', 'many'), CALLER);
    trail.record(new TollgateError('invalid_request', 'no'), CALLER);
    expect(record.mock.calls).toEqual([
      [expect.objectContaining({ accountId: '', data: { code: 'TOO_MANY_UPLOADS' } })],
      [{ action: 'upload_file', accountId: '', isProved: false, caller: CALLER, errorMessage: 'no' }],
    ]);
  });

  it('counts an upload that had begun as that of its account', () => {
    trail.record(new BrokenOffError('gone'), CALLER, GRANT);
    expect(record).toHaveBeenCalledWith(
      expect.objectContaining({ accountId: 'acc_1', isProved: true, resourceId: 'ut_1', data: { code: 'BROKEN_OFF' } }),
    );
  });

  it('has no faults', () => {
    trail.record(new Error('broken'), CALLER, GRANT);
    expect(record).not.toHaveBeenCalled();
  });
});

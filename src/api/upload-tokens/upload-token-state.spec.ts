import type { ReservationState, UploadToken, UploadTokenEndReason } from '@tollgate/domain';
import { FakeClock, buildUploadToken } from '@tollgate/testing';
import { UploadPolicy } from '../uploads/upload-policy';
import { uploadTokenState } from './upload-token-state';

const clock = new FakeClock();
const now = clock.now();
const later = new Date(now.getTime() + 1);
const policy = new UploadPolicy({
  maxBytes: 1_000,
  allowedTypes: ['video/*'],
  quotaBytes: undefined,
  maxAttempts: 2,
  requiresToken: true,
});

function token(expiresAt: Date, reason: UploadTokenEndReason | undefined): UploadToken {
  const end = reason === undefined ? undefined : { reason, at: now };
  return buildUploadToken({ accountId: 'acc_1', expiresAt, end });
}

describe('the state of an upload token', () => {
  it.each<[string, Date, UploadTokenEndReason | undefined, ReservationState | undefined]>([
    ['open', later, undefined, undefined],
    ['open', later, undefined, { attempts: 1, receivedBytes: 1_999 }],
    ['uploading', later, undefined, { attempts: 2, receivedBytes: 0, heldUntil: later }],
    ['uploading', now, undefined, { attempts: 1, receivedBytes: 0, heldUntil: later }],
    ['open', later, undefined, { attempts: 1, receivedBytes: 0, heldUntil: now }],
    ['spent', later, undefined, { attempts: 2, receivedBytes: 0 }],
    ['spent', later, undefined, { attempts: 1, receivedBytes: 2_000 }],
    ['expired', now, undefined, undefined],
    ['expired', now, undefined, { attempts: 2, receivedBytes: 0 }],
    ['used', now, 'stored', undefined],
    ['refused', later, 'refused', { attempts: 1, receivedBytes: 0, heldUntil: later }],
    ['revoked', now, 'revoked', undefined],
  ])('is %s with expiry %s, end %s and attempts %j', (state, expiresAt, end, reservation) => {
    expect(uploadTokenState(token(expiresAt, end), reservation, policy, now)).toBe(state);
  });
});

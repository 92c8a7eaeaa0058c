import type { ReservationState, UploadToken } from '@tollgate/domain';
import type { UploadPolicy } from '../uploads/upload-policy';

/**
 * - `open`: an upload may begin with it
 * - `uploading`: one is under way
 * - `used`: its upload is stored
 * - `refused`: its upload was refused for what the client sent
 * - `spent`: it has had its attempts
 * - `expired`, `revoked`
 */
export const UPLOAD_TOKEN_STATES = ['open', 'uploading', 'used', 'refused', 'spent', 'expired', 'revoked'] as const;

export type UploadTokenState = (typeof UPLOAD_TOKEN_STATES)[number];

/** @param reservation of a token that was ever reserved */
export function uploadTokenState(
  token: UploadToken,
  reservation: ReservationState | undefined,
  policy: UploadPolicy,
  now: Date,
): UploadTokenState {
  if (token.end !== undefined) return token.end.reason === 'stored' ? 'used' : token.end.reason;
  // An upload that has begun may end after its token has expired.
  if (reservation?.heldUntil !== undefined && reservation.heldUntil > now) return 'uploading';
  if (token.expiresAt <= now) return 'expired';
  return reservation !== undefined && policy.isSpent(token, reservation) ? 'spent' : 'open';
}

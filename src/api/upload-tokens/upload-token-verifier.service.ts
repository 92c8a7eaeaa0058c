import { Injectable } from '@nestjs/common';
import {
  Clock,
  type UploadCredential,
  type UploadToken,
  UploadReservations,
  UploadTokenRepository,
  hashToken,
  isPlausibleToken,
} from '@tollgate/domain';
import type { Caller } from '../http/caller';
import { AddressThrottle } from '../rate-limits/address-throttle.service';
import { UploadError } from '../uploads/upload-error';
import { UploadPolicy } from '../uploads/upload-policy';

const SECOND_MS = 1_000;

/** Says of an upload token whether an upload may begin with it, and if not why not. */
@Injectable()
export class UploadTokenVerifier {
  constructor(
    private readonly tokens: UploadTokenRepository,
    private readonly reservations: UploadReservations,
    private readonly addresses: AddressThrottle,
    private readonly policy: UploadPolicy,
    private readonly clock: Clock,
  ) {}

  /**
   * The token with this value, whatever has become of it.
   * @param value as presented; absent or empty when none was
   * @throws UploadError MISSING_UPLOAD_TOKEN; INVALID_UPLOAD_TOKEN when there is none, or its account is suspended or gone;
   * RATE_LIMITED for an address that has shown too many unknown ones
   */
  async find(value: string | undefined, caller: Caller): Promise<UploadToken> {
    if (value === undefined || value === '') {
      throw new UploadError('MISSING_UPLOAD_TOKEN', 'an upload token is required');
    }
    const blocked = this.addresses.blockedSeconds('unknown-token', caller.ip);
    if (blocked > 0) throw tooManyUnknown(blocked);
    const found = isPlausibleToken(value) ? await this.tokens.findCredentialByHash(hashToken(value)) : undefined;
    if (found !== undefined && mayBeUsed(found)) return found.token;
    const seconds = await this.addresses.count('unknown-token', caller.ip);
    throw seconds > 0 ? tooManyUnknown(seconds) : invalidToken();
  }

  /**
   * Whether an upload may begin with a token now, but for what others do with it at the same time.
   * @throws UploadError INVALID_UPLOAD_TOKEN, TOKEN_EXPIRED or TOKEN_ALREADY_USED
   */
  assertOpen(token: UploadToken): void {
    switch (token.end?.reason) {
      case 'revoked':
        throw invalidToken();
      case 'stored':
        throw new UploadError('TOKEN_ALREADY_USED', 'the upload token has been used');
      case 'refused':
        throw new UploadError('TOKEN_ALREADY_USED', 'the upload token was used for an upload that was refused');
      case undefined:
        if (token.expiresAt.getTime() <= this.clock.nowMs()) {
          throw new UploadError('TOKEN_EXPIRED', 'the upload token has expired');
        }
    }
  }

  /**
   * Whether an upload may begin with a token now; takes nothing of it.
   * @throws UploadError as {@link find} and {@link assertOpen}; TOKEN_ALREADY_USED also when an upload with it is under way
   * or its attempts are spent
   */
  async verify(value: string | undefined, caller: Caller): Promise<UploadToken> {
    const token = await this.find(value, caller);
    try {
      await this.assertFree(token);
      return token;
    } catch (error) {
      throw error instanceof UploadError ? error.about(token) : error;
    }
  }

  /** For a token that somebody uploads with until then. */
  heldUntil(until: Date): UploadError {
    const seconds = Math.max(1, Math.ceil((until.getTime() - this.clock.nowMs()) / SECOND_MS));
    return new UploadError('TOKEN_ALREADY_USED', 'an upload with this token is under way', {
      retryAfterSeconds: seconds,
    });
  }

  private async assertFree(token: UploadToken): Promise<void> {
    this.assertOpen(token);
    const now = this.clock.now();
    const state = (await this.reservations.look([token], now)).get(token.id);
    if (state?.heldUntil !== undefined) throw this.heldUntil(state.heldUntil);
    if (state !== undefined && this.policy.isSpent(token, state)) throw spentToken();
  }
}

/** For a token with which too many uploads have been begun. */
export function spentToken(): UploadError {
  return new UploadError('TOKEN_ALREADY_USED', 'too many uploads were begun with this token and not finished');
}

/** For a token that nobody issued, or that was taken back. */
export function invalidToken(): UploadError {
  return new UploadError('INVALID_UPLOAD_TOKEN', 'the upload token is not valid');
}

function tooManyUnknown(retryAfterSeconds: number): UploadError {
  return new UploadError('RATE_LIMITED', 'too many requests from this address', { retryAfterSeconds });
}

function mayBeUsed({ accountStatus }: UploadCredential): boolean {
  return accountStatus === 'active';
}

import type { ReservationBounds, ReservationState, UploadToken } from '@tollgate/domain';
import { matchesType } from './type-pattern';

/** How long a plain upload holds its token without a sign of life, in milliseconds. */
export const UPLOAD_HOLD_MS = 30_000;
/** How often it gives one, in milliseconds. */
export const UPLOAD_RENEW_MS = 10_000;

/** Of all a token's attempts together, so many times the largest file may be received. */
const RECEIVED_PER_FILE = 2;

export interface UploadPolicyOptions {
  readonly maxBytes: number;
  /** See `isTypePattern`. */
  readonly allowedTypes: readonly string[];
  /** Bytes of all files of one account; `undefined`: any. */
  readonly quotaBytes: number | undefined;
  /** Uploads that may be begun with one token. */
  readonly maxAttempts: number;
  readonly requiresToken: boolean;
}

/** What the installation allows, and what of it a token's issuer left. */
export class UploadPolicy {
  constructor(private readonly options: UploadPolicyOptions) {}

  get quotaBytes(): number | undefined {
    return this.options.quotaBytes;
  }

  get requiresToken(): boolean {
    return this.options.requiresToken;
  }

  /** Types that the installation takes; for issuers and error texts. */
  get allowedTypes(): readonly string[] {
    return this.options.allowedTypes;
  }

  /** Largest file, in bytes. */
  maxBytes(token: UploadToken | undefined): number {
    return Math.min(this.options.maxBytes, token?.options.maxBytes ?? Number.POSITIVE_INFINITY);
  }

  /** @param type media type of the content, in lower case, without parameters */
  allowsType(type: string, token: UploadToken | undefined): boolean {
    const bound = token?.options.allowedTypes;
    return matchesType(type, this.options.allowedTypes) && (bound === undefined || matchesType(type, bound));
  }

  /** @param holdMs how long a reservation holds unless it is renewed */
  reservationBounds(token: UploadToken, holdMs: number): ReservationBounds {
    const { maxAttempts } = this.options;
    return { holdMs, maxAttempts, maxReceivedBytes: RECEIVED_PER_FILE * this.maxBytes(token) };
  }

  /** Whether no further upload may begin with a token, by what was begun already. */
  isSpent(token: UploadToken, { attempts, receivedBytes }: ReservationState): boolean {
    const { maxAttempts, maxReceivedBytes } = this.reservationBounds(token, 0);
    return attempts >= maxAttempts || receivedBytes >= maxReceivedBytes;
  }
}

import { TollgateError } from '@tollgate/domain';
import { toDate } from '../http/fields';

const SECOND_MS = 1_000;
const DAY_SECONDS = 86_400;

/** The ways in which a client may say when a token ends. */
export interface ExpiryRequest {
  readonly expires_in_seconds?: number | null | undefined;
  readonly expires_in?: number | null | undefined;
  readonly expires_in_days?: number | null | undefined;
  /** RFC 3339, checked before. */
  readonly expires_at?: string | null | undefined;
}

/**
 * The instant at which a token ends; `undefined` for never. A lifetime of 0 counts as absent.
 * @throws TollgateError `invalid_request` when the request names two different ends, or one that has passed
 */
export function resolveExpiry(request: ExpiryRequest, now: Date): Date | undefined {
  const lifetimes = [
    ['expires_in_seconds', request.expires_in_seconds ?? 0],
    ['expires_in', request.expires_in ?? 0],
    ['expires_in_days', (request.expires_in_days ?? 0) * DAY_SECONDS],
  ] as const;
  const ends = lifetimes
    .filter(([, seconds]) => seconds > 0)
    .map(([field, seconds]) => ({ field, end: new Date(now.getTime() + seconds * SECOND_MS) }));
  const at = toDate(request.expires_at);
  if (at !== undefined) {
    if (at.getTime() <= now.getTime()) throw new TollgateError('invalid_request', 'expires_at: must be in the future');
    ends.push({ field: 'expires_at' as (typeof lifetimes)[number][0], end: at });
  }
  const [first, ...others] = ends;
  for (const other of others) {
    // An absolute end and a lifetime were computed on two clocks: they agree when they name the same second.
    if (first !== undefined && Math.abs(other.end.getTime() - first.end.getTime()) > SECOND_MS) {
      throw new TollgateError('invalid_request', `${other.field}: differs from ${first.field}; give one expiry`);
    }
  }
  return first?.end;
}

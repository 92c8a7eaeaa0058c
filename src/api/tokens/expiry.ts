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
    { field: 'expires_in_seconds', seconds: request.expires_in_seconds ?? 0 },
    { field: 'expires_in', seconds: request.expires_in ?? 0 },
    { field: 'expires_in_days', seconds: (request.expires_in_days ?? 0) * DAY_SECONDS },
  ];
  const [lifetime, ...others] = lifetimes.filter(({ seconds }) => seconds > 0);
  for (const other of others) {
    if (lifetime !== undefined && other.seconds !== lifetime.seconds) throw twoExpiries(other.field, lifetime.field);
  }
  const end = lifetime === undefined ? undefined : new Date(now.getTime() + lifetime.seconds * SECOND_MS);

  const at = toDate(request.expires_at);
  if (at === undefined) return end;
  if (at.getTime() <= now.getTime()) throw new TollgateError('invalid_request', 'expires_at: must be in the future');
  if (lifetime === undefined || end === undefined) return at;
  // An instant and a lifetime were computed on two clocks: they agree when they name the same second.
  if (Math.abs(at.getTime() - end.getTime()) > SECOND_MS) throw twoExpiries('expires_at', lifetime.field);
  return end;
}

function twoExpiries(field: string, other: string): TollgateError {
  return new TollgateError('invalid_request', `${field}: differs from ${other}; give one expiry`);
}

const PATTERN = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(\.\d{1,9})?([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** The instants that RFC 3339 can write in UTC: years of four digits. */
const FIRST_MS = Date.parse('0000-01-01T00:00:00Z');
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');

/** An instant as a client wrote it. */
export interface Rfc3339Time {
  /** Milliseconds since the epoch; digits below a millisecond are dropped. */
  readonly epochMs: number;
  /** Whether the text carried a fraction of a second, even `.0`. */
  readonly hasFraction: boolean;
}

/**
 * Reads an RFC 3339 date-time (section 5.6), strictly: `Date.parse` alone takes many other forms.
 * A leap second (`:60`) is not accepted.
 * @returns `undefined` for anything else, including days that don't exist and instants that UTC writes with another number of digits
 */
export function parseRfc3339(text: string): Rfc3339Time | undefined {
  const match = PATTERN.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction, zone] = match;
  const wholeSeconds = `${year ?? ''}-${month ?? ''}-${day ?? ''}T${hour ?? ''}:${minute ?? ''}:${second ?? ''}`;
  const asUtcMs = Date.parse(`${wholeSeconds}Z`);
  // Date.parse rolls 30 February over into March; a day that doesn't exist is told by its not coming back.
  if (Number.isNaN(asUtcMs) || !new Date(asUtcMs).toISOString().startsWith(wholeSeconds)) return undefined;
  const epochMs = Date.parse(`${wholeSeconds}${zone?.toUpperCase() ?? 'Z'}`);
  if (epochMs < FIRST_MS || epochMs > LAST_MS) return undefined;
  const fractionMs = fraction === undefined ? 0 : Math.floor(Number(`0${fraction}`) * 1000);
  return { epochMs: epochMs + fractionMs, hasFraction: fraction !== undefined };
}

import { isIdShaped } from '@tollgate/domain';
import { AddressRanges, isAddressRange } from './address-ranges';
import { parseBandwidthLimit } from './bandwidth-limit';
import { TUNNEL_TOKEN_LIMITS } from './limits';
import { MAX_PORT, type PortRange, type PortRanges, toPortRanges } from './port-ranges';
import type { MonthlyTrafficPolicy } from './tunnel-token';

const BYTES_PER_MB = 1_048_576;
const BYTES_PER_GB = 1_073_741_824;
const LABEL = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?';
const SUBDOMAIN = new RegExp(`^${LABEL}$`, 'i');
const DOMAIN = new RegExp(`^(?:\\*|(?:\\*\\.)?${LABEL}(?:\\.${LABEL})*)$`, 'i');
const MAX_DOMAIN_CHARS = 253;
const DATE_CHARS = 10;
/** RFC 3339 §5.6, as `Date` reads it. */
const INSTANT = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/;

/** Thrown by a reader; the text says what the value must be and never holds it. */
export class FieldFault extends Error {
  override readonly name = 'FieldFault';
}

/** What each field of a document is read as. A reader is not asked where the field is absent or `null`. */
export const FIELD_READERS = {
  accountId: (value) => {
    const id = text(value);
    if (!isIdShaped(id)) throw new FieldFault('must be an account id');
    return id;
  },
  region: (value) => {
    const region = text(value);
    if (region === '') throw new FieldFault('must not be empty');
    return region;
  },
  enabled: flag,
  suspended: flag,
  allowPorts: portRanges,
  maxPortsPerClient: wholeNumber,
  bandwidthLimit: (value) => {
    const bytes = parseBandwidthLimit(text(value));
    if (bytes === undefined)
      throw new FieldFault('must be a number with MB or KB, such as 10MB, or empty for no limit');
    return bytes;
  },
  trafficReportIntervalMB: (value) => scaled(wholeNumber(value), BYTES_PER_MB),
  description: text,
  expiresAt: instant,
  maxClients: wholeNumber,
  maxPorts: wholeNumber,
  maxConnections: wholeNumber,
  allowIPs: (value) => {
    const texts = listOf(value, TUNNEL_TOKEN_LIMITS.addressRanges, text);
    if (!texts.every(isAddressRange)) throw new FieldFault('must list IP addresses or CIDR blocks, such as 10.0.0.0/8');
    return new AddressRanges(texts);
  },
  monthlyTrafficGB: (value) => {
    if (typeof value !== 'number' || !(value >= 0)) throw new FieldFault('must be a number from 0 on');
    return scaled(value, BYTES_PER_GB);
  },
  monthlyTrafficPolicy: (value): MonthlyTrafficPolicy => {
    if (value !== 'refuse' && value !== 'throttle') throw new FieldFault('must be refuse or throttle');
    return value;
  },
  subdomains: (value) => names(value, (name) => SUBDOMAIN.test(name), 'must list single labels, such as web'),
  customDomains: (value) =>
    names(
      value,
      (name) => DOMAIN.test(name) && name.length <= MAX_DOMAIN_CHARS,
      'must list domain names, such as example.com or *.example.com, or *',
    ),
  createdAt: instant,
  supersededBy: text,
  supersedes: text,
} as const satisfies Record<string, (value: unknown) => unknown>;

/** A field that documents have and that is read. */
export type TunnelTokenField = keyof typeof FIELD_READERS;

function text(value: unknown): string {
  if (typeof value !== 'string') throw new FieldFault('must be a text');
  return value;
}

function flag(value: unknown): boolean {
  if (typeof value !== 'boolean') throw new FieldFault('must be true or false');
  return value;
}

function wholeNumber(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new FieldFault('must be a whole number from 0 on');
  return value as number;
}

function scaled(amount: number, unitBytes: number): number {
  const bytes = Math.round(amount * unitBytes);
  if (!Number.isSafeInteger(bytes)) throw new FieldFault('is too large');
  return bytes;
}

function instant(value: unknown): Date {
  const at = new Date(INSTANT.test(text(value)) ? (value as string) : Number.NaN);
  if (Number.isNaN(at.getTime()) || !isDayOfCalendar((value as string).slice(0, DATE_CHARS)))
    throw new FieldFault('must be an instant as in RFC 3339, such as 2027-01-31T00:00:00Z');
  return at;
}

/** `Date` takes the 30th of February for the 2nd of March. @param date as in 2027-01-31 */
function isDayOfCalendar(date: string): boolean {
  return new Date(date).toISOString().startsWith(date);
}

function listOf<T>(value: unknown, maxItems: number, read: (item: unknown) => T): readonly T[] {
  if (!Array.isArray(value)) throw new FieldFault('must be a list');
  if (value.length > maxItems) throw new FieldFault(`must have at most ${String(maxItems)} entries`);
  return value.map(read);
}

function names(value: unknown, isName: (name: string) => boolean, rule: string): readonly string[] {
  return listOf(value, TUNNEL_TOKEN_LIMITS.names, (item) => {
    if (typeof item !== 'string' || !isName(item)) throw new FieldFault(rule);
    return item.toLowerCase();
  });
}

function portRanges(value: unknown): PortRanges {
  return toPortRanges(listOf(value, TUNNEL_TOKEN_LIMITS.portRanges, portRange));
}

/** As frp reads its own `allowPorts` (pkg/config/types): a `single` above 0 goes before `start` and `end`. */
function portRange(item: unknown): PortRange {
  if (typeof item !== 'object' || item === null) throw new FieldFault('must list {"single":n} or {"start":a,"end":b}');
  const { single, start, end } = item as Record<string, unknown>;
  if (single !== undefined && single !== null && single !== 0) {
    const only = port(single);
    return { start: only, end: only };
  }
  const range = { start: port(start), end: port(end) };
  if (range.start > range.end) throw new FieldFault('has a range whose start is above its end');
  return range;
}

function port(value: unknown): number {
  if (!Number.isInteger(value) || (value as number) < 1 || (value as number) > MAX_PORT) {
    throw new FieldFault(`must list ports from 1 to ${String(MAX_PORT)}, as {"single":n} or {"start":a,"end":b}`);
  }
  return value as number;
}

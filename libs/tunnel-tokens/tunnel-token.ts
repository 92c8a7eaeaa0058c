import { createHash } from 'node:crypto';
import { randomBase62 } from '@tollgate/domain';
import type { AddressRanges } from './address-ranges';
import type { PortRanges } from './port-ranges';

const ID_PATTERN = /^tt_[0-9A-Za-z]{22}$/;
const ID_LENGTH = 22;
/** 238 bits: the login tells an eavesdropper without TLS the MD5 of the value and a known text. */
const VALUE_LENGTH = 40;
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** A JSON object, as it is stored. */
export type TunnelTokenDocument = Readonly<Record<string, unknown>>;

/** What becomes of a token whose month's traffic is used up: no new connections, or slow ones. */
export type MonthlyTrafficPolicy = 'refuse' | 'throttle';

/** One tenant's token with its limits, as its document says. */
export interface TunnelToken {
  /** The secret itself. */
  readonly token: string;
  /** `tt_…`: the document's own where we made it; see {@link derivedTunnelTokenId}. */
  readonly id: string;
  /** Absent: written by hand or by an operator, of no account. */
  readonly accountId?: string;
  /** Must equal the gateway's. Absent only where no region is asked for, and where {@link enabled} is false. */
  readonly region?: string;
  /** Whether the document says `enabled: true` and names a region. Without either the token is known and may not log in. */
  readonly enabled: boolean;
  /** The owning account is suspended: as if not enabled. */
  readonly suspended: boolean;
  /** Remote ports it may take, in place of the gateway's own; an empty set: none. Absent: the gateway's. */
  readonly allowPorts?: PortRanges;
  /** Of one client; 0: any number. Absent: the gateway's. */
  readonly maxPortsPerClient?: number;
  /** Bytes a second of one proxy, both directions together; 0: none. */
  readonly bandwidthLimitBytes: number;
  /** Bytes after which traffic is reported; 0: no reports. */
  readonly trafficReportIntervalBytes: number;
  readonly description: string;
  /** From then on as if deleted. */
  readonly expiresAt?: Date;
  /** Clients at once; 0: any number. */
  readonly maxClients?: number;
  /** Ports over all clients; 0: any number. */
  readonly maxPorts?: number;
  /** User connections at once; 0: any number. */
  readonly maxConnections?: number;
  /** Addresses that its clients may come from. Absent: any. */
  readonly allowIPs?: AddressRanges;
  /** In and out together, a calendar month in UTC; 0: any amount. `monthlyTrafficGB` × 1024³. */
  readonly monthlyTrafficBytes?: number;
  readonly monthlyTrafficPolicy: MonthlyTrafficPolicy;
  /** Subdomains it may claim, lower-cased. */
  readonly subdomains?: readonly string[];
  /** Domains it may claim, lower-cased; also `*.example.com` and `*`. */
  readonly customDomains?: readonly string[];
  readonly createdAt?: Date;
  /** Id of the token that takes this one's place; this one has an {@link expiresAt} then. */
  readonly supersededBy?: string;
  /** Id of the token whose place this one took. */
  readonly supersedes?: string;
  /** Id of the token that the first rotation replaced, which may be gone by now; see {@link limitKeyOf}. */
  readonly rootId?: string;
  /** All of what is stored, with `token` and the fields that we don't know. */
  readonly document: TunnelTokenDocument;
}

/** A new id: `tt_` + 22 base-62 characters. */
export function newTunnelTokenId(): string {
  return `tt_${randomBase62(ID_LENGTH)}`;
}

/** A new token value: `tgt_` + 40 base-62 characters. */
export function newTunnelTokenValue(): string {
  return `tgt_${randomBase62(VALUE_LENGTH)}`;
}

/** Whether an id can be one of a tunnel token; anything else is simply not found. */
export function isTunnelTokenId(value: unknown): value is string {
  return typeof value === 'string' && ID_PATTERN.test(value);
}

/**
 * The id of a token whose document has none of ours: 128 bits of the value's SHA-256, so that it is the same in every
 * process. Whoever sees it can test guesses, as whoever sees a login can: values are to be random.
 */
export function derivedTunnelTokenId(value: string): string {
  let rest = BigInt(`0x${createHash('sha256').update(value).digest('hex').slice(0, 32)}`);
  let text = '';
  while (text.length < ID_LENGTH) {
    text = BASE62.charAt(Number(rest % 62n)) + text;
    rest /= 62n;
  }
  return `tt_${text}`;
}

/** A token value for logs: its first four characters, of a short one fewer. */
export function maskTunnelToken(value: string): string {
  return `${value.slice(0, Math.min(4, Math.floor(value.length / 3)))}…`;
}

/** The JSON of a document. */
export function formatTunnelToken(document: TunnelTokenDocument): string {
  return JSON.stringify(document);
}

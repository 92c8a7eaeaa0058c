import { FIELD_READERS, FieldFault, type TunnelTokenField } from './field-readers';
import { TUNNEL_TOKEN_LIMITS } from './limits';
import { derivedTunnelTokenId, isTunnelTokenId, type TunnelToken, type TunnelTokenDocument } from './tunnel-token';

/** What is wrong with one field. */
export interface TunnelTokenFieldError {
  /** Empty where the document as a whole is at fault. */
  readonly field: string;
  /** Follows the name of the field in a sentence; holds no value. */
  readonly reason: string;
}

export type ParsedTunnelToken =
  { readonly kind: 'token'; readonly token: TunnelToken } | ({ readonly kind: 'invalid' } & TunnelTokenFieldError);

/**
 * Reads a stored token.
 * @param value the token that its key says
 * @param text its JSON
 */
export function parseTunnelToken(value: string, text: string): ParsedTunnelToken {
  if (Buffer.byteLength(text) > TUNNEL_TOKEN_LIMITS.documentBytes) return invalid('', 'is too long');
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return invalid('', 'is not JSON');
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    return invalid('', 'is not a JSON object');
  }
  return readTunnelToken(value, document as TunnelTokenDocument);
}

/**
 * Reads a token's document.
 * @param value the token that its key says
 */
export function readTunnelToken(value: string, document: TunnelTokenDocument): ParsedTunnelToken {
  if (value === '') return invalid('token', 'is empty');
  if (value.length > TUNNEL_TOKEN_LIMITS.tokenChars) return invalid('token', 'is too long');
  if (document['token'] !== value) return invalid('token', 'differs from the key');
  try {
    return { kind: 'token', token: fromDocument(value, document) };
  } catch (error) {
    if (error instanceof MisreadField) return invalid(error.field, error.reason);
    throw error;
  }
}

/**
 * Every field that a document could not have. Stricter than a stored document has to be: `enabled` must be a flag.
 * Fields that nothing is known of are none of its business.
 */
export function findFieldErrors(document: TunnelTokenDocument): readonly TunnelTokenFieldError[] {
  const errors: TunnelTokenFieldError[] = [];
  for (const field of Object.keys(FIELD_READERS) as TunnelTokenField[]) {
    try {
      readField(document, field);
    } catch (error) {
      if (!(error instanceof MisreadField)) throw error;
      errors.push({ field: error.field, reason: error.reason });
    }
  }
  return errors;
}

class MisreadField extends Error {
  constructor(
    readonly field: string,
    readonly reason: string,
  ) {
    super(`${field} ${reason}`);
  }
}

/** What a field is read as. */
type FieldValue<F extends TunnelTokenField> = ReturnType<(typeof FIELD_READERS)[F]>;

function readField<F extends TunnelTokenField>(document: TunnelTokenDocument, field: F): FieldValue<F> | undefined {
  const value = document[field];
  if (value === undefined || value === null) return undefined;
  try {
    return FIELD_READERS[field](value) as FieldValue<F>;
  } catch (error) {
    if (error instanceof FieldFault) throw new MisreadField(field, error.message);
    throw error;
  }
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Field by field: V8 lays such an object out as compactly as one of a class, which counts with 100,000 of them. */
function fromDocument(value: string, document: TunnelTokenDocument): TunnelToken {
  const read = <F extends TunnelTokenField>(field: F): FieldValue<F> | undefined => readField(document, field);
  const region = read('region');
  const { id, rootId } = document;
  const token: Writable<TunnelToken> = {
    token: value,
    id: isTunnelTokenId(id) ? id : derivedTunnelTokenId(value),
    enabled: document['enabled'] === true && region !== undefined,
    suspended: read('suspended') ?? false,
    bandwidthLimitBytes: read('bandwidthLimit') ?? 0,
    trafficReportIntervalBytes: read('trafficReportIntervalMB') ?? 0,
    description: read('description') ?? '',
    monthlyTrafficPolicy: read('monthlyTrafficPolicy') ?? 'refuse',
    document,
  };
  if (region !== undefined) token.region = region;
  const accountId = read('accountId');
  if (accountId !== undefined) token.accountId = accountId;
  const allowPorts = read('allowPorts');
  if (allowPorts !== undefined) token.allowPorts = allowPorts;
  const maxPortsPerClient = read('maxPortsPerClient');
  if (maxPortsPerClient !== undefined) token.maxPortsPerClient = maxPortsPerClient;
  const createdAt = read('createdAt');
  if (createdAt !== undefined) token.createdAt = createdAt;
  const expiresAt = read('expiresAt');
  if (expiresAt !== undefined) token.expiresAt = expiresAt;
  const maxClients = read('maxClients');
  if (maxClients !== undefined) token.maxClients = maxClients;
  const maxPorts = read('maxPorts');
  if (maxPorts !== undefined) token.maxPorts = maxPorts;
  const maxConnections = read('maxConnections');
  if (maxConnections !== undefined) token.maxConnections = maxConnections;
  const allowIPs = read('allowIPs');
  if (allowIPs !== undefined) token.allowIPs = allowIPs;
  const monthlyTrafficBytes = read('monthlyTrafficGB');
  if (monthlyTrafficBytes !== undefined) token.monthlyTrafficBytes = monthlyTrafficBytes;
  const subdomains = read('subdomains');
  if (subdomains !== undefined) token.subdomains = subdomains;
  const customDomains = read('customDomains');
  if (customDomains !== undefined) token.customDomains = customDomains;
  const supersededBy = read('supersededBy');
  if (supersededBy !== undefined) token.supersededBy = supersededBy;
  const supersedes = read('supersedes');
  if (supersedes !== undefined) token.supersedes = supersedes;
  if (isTunnelTokenId(rootId)) token.rootId = rootId;
  return token;
}

function invalid(field: string, reason: string): ParsedTunnelToken {
  return { kind: 'invalid', field, reason };
}

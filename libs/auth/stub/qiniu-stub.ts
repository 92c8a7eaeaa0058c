import type { SubAccount } from '@tollgate/domain';
import { AuthenticationError } from '../authentication-error';

const SCHEME = 'QiniuStub ';
const MAX_UINT32 = 4_294_967_295;
const KNOWN = new Set(['uid', 'ut', 'app', 'iuid', 'iam_alias', 'suid', 'sut', 'ak', 'eu', 'email']);
const FORWARDING_HEADERS = ['x-forwarded-for', 'forwarded', 'x-real-ip'] as const;

/** Who a trusted internal caller says it acts for. */
export interface QiniuStubIdentity {
  readonly uid: number;
  readonly subAccount?: SubAccount;
  readonly email?: string;
}

/** Whether an Authorization header is of this scheme. */
export function isQiniuStub(authorization: string): boolean {
  return authorization.startsWith(SCHEME);
}

/**
 * Reads `QiniuStub uid={n}&ut={n}[&app=…][&iuid=…]…`.
 * @throws AuthenticationError that names the wrong field
 */
export function parseQiniuStub(authorization: string): QiniuStubIdentity {
  const fields = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(authorization.slice(SCHEME.length))) {
    if (!KNOWN.has(name)) continue;
    if (fields.has(name)) throw new AuthenticationError(`invalid QiniuStub credentials: ${name} appears twice`);
    fields.set(name, value);
  }
  const uid = uint32(fields.get('uid'));
  if (uid === undefined || uid === 0) {
    throw new AuthenticationError(
      `invalid QiniuStub credentials: uid must be an integer from 1 to ${String(MAX_UINT32)}`,
    );
  }
  if (uint32(fields.get('ut')) === undefined) {
    throw new AuthenticationError(
      `invalid QiniuStub credentials: ut must be an integer from 0 to ${String(MAX_UINT32)}`,
    );
  }
  const iuid = plainText(fields, 'iuid');
  const iamAlias = plainText(fields, 'iam_alias');
  if (iuid === undefined && iamAlias !== undefined) {
    // Acting as the main account would give it more than it has.
    throw new AuthenticationError('invalid QiniuStub credentials: iam_alias needs an iuid');
  }
  const email = plainText(fields, 'email');
  return {
    uid,
    ...(iuid === undefined ? {} : { subAccount: { iuid, ...(iamAlias === undefined ? {} : { iamAlias }) } }),
    ...(email === undefined ? {} : { email }),
  };
}

/** A set of networks. */
export interface AddressSet {
  contains(address: string): boolean;
}

/** What the trust rule looks at. */
export interface StubCaller {
  readonly socketAddress: string | undefined;
  /** The client's address as TRUST_PROXY resolves it. */
  readonly clientAddress: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

/**
 * Whether this caller may be believed: by its socket address, or, when its peer is a named proxy, by the address that
 * proxy forwards in X-Forwarded-For, the only form that TRUST_PROXY reads. Any other forwarding header, and one from any
 * other peer, is never believed.
 */
export function isTrustedStubCaller(caller: StubCaller, trusted: AddressSet, proxies: AddressSet): boolean {
  const forwarded = FORWARDING_HEADERS.some((name) => caller.headers[name] !== undefined);
  const peer = caller.socketAddress ?? '';
  if (!forwarded) return trusted.contains(peer);
  const isRead = caller.headers['x-forwarded-for'] !== undefined;
  return isRead && proxies.contains(peer) && trusted.contains(caller.clientAddress);
}

function uint32(text: string | undefined): number | undefined {
  if (text === undefined || !/^(?:0|[1-9]\d{0,9})$/.test(text)) return undefined;
  const value = Number(text);
  return value <= MAX_UINT32 ? value : undefined;
}

function plainText(fields: ReadonlyMap<string, string>, name: string): string | undefined {
  const value = fields.get(name);
  if (value === undefined || value === '') return undefined;
  if (value.length > 128 || /\p{Cc}/u.test(value)) {
    throw new AuthenticationError(`invalid QiniuStub credentials: ${name} must be 1 to 128 printable characters`);
  }
  return value;
}

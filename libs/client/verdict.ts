import type { PermissionCheck, TokenInfo } from './wire';

/**
 * Why a token is refused.
 * `malformed`: it can't be a token at all. `other`: the api refused it with a text this version does not know.
 */
export type RefusalReason =
  'not_found' | 'inactive' | 'expired' | 'account_suspended' | 'permission_denied' | 'malformed' | 'other';

export interface ValidToken {
  readonly valid: true;
  readonly token_info: TokenInfo;
  /** Only when a scope was asked for. */
  readonly permission_check?: PermissionCheck;
}

export interface RefusedToken {
  readonly valid: false;
  readonly reason: RefusalReason;
  /** The api's text. */
  readonly message: string;
  readonly permission_check?: PermissionCheck;
}

/** What a validation ends with; anything that keeps it from ending is thrown. */
export type Verdict = ValidToken | RefusedToken;

const REASONS: ReadonlyMap<string, RefusalReason> = new Map([
  ['Token not found', 'not_found'],
  ['Token is inactive', 'inactive'],
  ['Token has expired', 'expired'],
  ['Account is suspended', 'account_suspended'],
  ['Permission denied', 'permission_denied'],
  ['invalid authorization header', 'malformed'],
]);

/** The verdict in a 200 or 401 answer of the api; `undefined` when it holds none. */
export function readVerdict(status: number, json: Readonly<Record<string, unknown>>): Verdict | undefined {
  const check = isObject(json['permission_check'])
    ? { permission_check: json['permission_check'] as unknown as PermissionCheck }
    : {};
  if (status === 200 && json['valid'] === true && isObject(json['token_info'])) {
    return { valid: true, token_info: json['token_info'] as unknown as TokenInfo, ...check };
  }
  const message = json['message'] ?? json['error'];
  if (status === 401 && json['valid'] !== true && typeof message === 'string') {
    return { valid: false, reason: REASONS.get(message) ?? 'other', message, ...check };
  }
  return undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

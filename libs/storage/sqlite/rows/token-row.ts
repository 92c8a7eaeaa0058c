import type { AccountStatus, Token, TokenCredential } from '@tollgate/domain';
import { parseRateLimit, rateLimitText } from './rate-limit-text';

/** A token as its table has it; also the form in which it crosses to the writer thread. */
export interface TokenRow {
  readonly id: string;
  readonly account_id: string;
  readonly hash: Uint8Array;
  readonly preview: string;
  readonly description: string;
  readonly scopes: string;
  readonly rate_limit: string | null;
  readonly iuid: string | null;
  readonly iam_alias: string | null;
  readonly is_active: number;
  readonly created_at: number;
  readonly updated_at: number;
  readonly expires_at: number | null;
  readonly purge_at: number | null;
  readonly total_requests: number;
  readonly last_used_at: number | null;
}

/** A token with what a validation needs of its account. */
export interface CredentialRow extends TokenRow {
  readonly account_status: AccountStatus;
  readonly account_rate_limit: string | null;
  readonly account_qiniu_uid: number | null;
  readonly account_validation_log_retention_ms: number | null;
}

const STORED_COLUMNS =
  'id account_id hash preview description scopes rate_limit iuid iam_alias is_active created_at updated_at expires_at purge_at';

const TOTALS = 'FROM token_totals WHERE token_seq = tokens.seq';

/** The columns of {@link TokenRow}, for SELECT from `tokens` and for RETURNING. */
export const TOKEN_COLUMNS = [
  ...STORED_COLUMNS.split(' ').map((column) => `tokens.${column}`),
  `coalesce((SELECT requests ${TOTALS}), 0) AS total_requests`,
  `(SELECT last_used_at ${TOTALS}) AS last_used_at`,
].join(', ');

export function toTokenRow(token: Token): TokenRow {
  return {
    id: token.id,
    account_id: token.accountId,
    hash: detached(token.hash),
    preview: token.preview,
    description: token.description,
    scopes: JSON.stringify(token.scopes),
    rate_limit: rateLimitText(token.rateLimit),
    iuid: token.subAccount?.iuid ?? null,
    iam_alias: token.subAccount?.iamAlias ?? null,
    is_active: token.isActive ? 1 : 0,
    created_at: token.createdAt.getTime(),
    updated_at: token.updatedAt.getTime(),
    expires_at: token.expiresAt?.getTime() ?? null,
    purge_at: token.purgeAt?.getTime() ?? null,
    total_requests: token.totalRequests,
    last_used_at: token.lastUsedAt?.getTime() ?? null,
  };
}

export function toToken(row: TokenRow): Token {
  return {
    id: row.id,
    accountId: row.account_id,
    hash: asBuffer(row.hash),
    preview: row.preview,
    description: row.description,
    scopes: JSON.parse(row.scopes) as string[],
    ...(row.rate_limit !== null && { rateLimit: parseRateLimit(row.rate_limit) }),
    ...(row.iuid !== null && {
      subAccount: { iuid: row.iuid, ...(row.iam_alias !== null && { iamAlias: row.iam_alias }) },
    }),
    isActive: row.is_active === 1,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
    ...(row.expires_at !== null && { expiresAt: new Date(row.expires_at) }),
    ...(row.purge_at !== null && { purgeAt: new Date(row.purge_at) }),
    totalRequests: row.total_requests,
    ...(row.last_used_at !== null && { lastUsedAt: new Date(row.last_used_at) }),
  };
}

export function toCredential(row: CredentialRow): TokenCredential {
  return {
    token: toToken(row),
    account: {
      status: row.account_status,
      ...(row.account_rate_limit !== null && { rateLimit: parseRateLimit(row.account_rate_limit) }),
      ...(row.account_qiniu_uid !== null && { qiniuUid: row.account_qiniu_uid }),
      ...(row.account_validation_log_retention_ms !== null && {
        validationLog: { retentionMs: row.account_validation_log_retention_ms },
      }),
    },
  };
}

/**
 * A copy with memory of its own: posting a view to a thread copies all the memory behind it, and small Buffers share a
 * pool of 8 KiB.
 */
export function detached(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

/** The same bytes as a Buffer: a row that crossed threads has lost that class. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

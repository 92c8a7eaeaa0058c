import type { Account, AccountStatus } from '@tollgate/domain';
import { parseRateLimit, rateLimitText } from './rate-limit-text';

/** An account as its table has it; also the form in which it crosses to the writer thread. */
export interface AccountRow {
  readonly id: string;
  readonly email: string | null;
  readonly company: string;
  readonly password_hash: string | null;
  readonly access_key: string | null;
  readonly secret_key_id: string | null;
  readonly secret_envelope: string | null;
  readonly secret_hash: string | null;
  readonly status: AccountStatus;
  readonly rate_limit: string | null;
  readonly qiniu_uid: number | null;
  readonly validation_log_retention_ms: number | null;
  readonly origin: Account['origin'];
  readonly created_at: number;
  readonly updated_at: number;
}

/** The columns of {@link AccountRow}, for SELECT and RETURNING. */
export const ACCOUNT_COLUMNS =
  'id, email, company, password_hash, access_key, secret_key_id, secret_envelope, secret_hash, status, rate_limit, ' +
  'qiniu_uid, validation_log_retention_ms, origin, created_at, updated_at';

export function toAccountRow(account: Account): AccountRow {
  const { credentials } = account;
  return {
    id: account.id,
    email: account.email ?? null,
    company: account.company,
    password_hash: account.passwordHash ?? null,
    access_key: credentials?.accessKey ?? null,
    secret_key_id: credentials?.secretSealed.keyId ?? null,
    secret_envelope: credentials?.secretSealed.envelope ?? null,
    secret_hash: credentials?.secretHash ?? null,
    status: account.status,
    rate_limit: rateLimitText(account.rateLimit),
    qiniu_uid: account.qiniuUid ?? null,
    validation_log_retention_ms: account.validationLog?.retentionMs ?? null,
    origin: account.origin,
    created_at: account.createdAt.getTime(),
    updated_at: account.updatedAt.getTime(),
  };
}

export function toAccount(row: AccountRow): Account {
  return {
    id: row.id,
    ...(row.email !== null && { email: row.email }),
    company: row.company,
    ...(row.password_hash !== null && { passwordHash: row.password_hash }),
    ...credentialsOf(row),
    status: row.status,
    ...(row.rate_limit !== null && { rateLimit: parseRateLimit(row.rate_limit) }),
    ...(row.qiniu_uid !== null && { qiniuUid: row.qiniu_uid }),
    ...(row.validation_log_retention_ms !== null && {
      validationLog: { retentionMs: row.validation_log_retention_ms },
    }),
    origin: row.origin,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  };
}

function credentialsOf(row: AccountRow): Pick<Account, 'credentials'> {
  const { access_key: accessKey, secret_key_id: keyId, secret_envelope: envelope, secret_hash: secretHash } = row;
  // A CHECK of the table has all four there or none.
  if (accessKey === null || keyId === null || envelope === null || secretHash === null) return {};
  return { credentials: { accessKey, secretSealed: { keyId, envelope }, secretHash } };
}

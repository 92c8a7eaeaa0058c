import type { ValidationRecord } from '@tollgate/domain';
import { usageResultCode, usageResultOf } from './usage-result';

/** A validation as its table has it; also the form in which it crosses to the writer thread. */
export interface ValidationRow {
  readonly id: string;
  readonly account_id: string;
  readonly token_id: string;
  readonly at: number;
  readonly result: number;
  readonly scopes: string;
  readonly ip: string;
  readonly user_agent: string;
  readonly purge_at: number;
}

/** The columns of {@link ValidationRow}, for SELECT. */
export const VALIDATION_COLUMNS = 'id, account_id, token_id, at, result, scopes, ip, user_agent, purge_at';

export function toValidationRow(record: ValidationRecord): ValidationRow {
  return {
    id: record.id,
    account_id: record.accountId,
    token_id: record.tokenId,
    at: record.at.getTime(),
    result: usageResultCode(record.result),
    scopes: JSON.stringify(record.scopes),
    ip: record.ip,
    user_agent: record.userAgent,
    purge_at: record.purgeAt.getTime(),
  };
}

export function toValidationRecord(row: ValidationRow): ValidationRecord {
  return {
    id: row.id,
    accountId: row.account_id,
    tokenId: row.token_id,
    at: new Date(row.at),
    result: usageResultOf(row.result),
    scopes: JSON.parse(row.scopes) as string[],
    ip: row.ip,
    userAgent: row.user_agent,
    purgeAt: new Date(row.purge_at),
  };
}

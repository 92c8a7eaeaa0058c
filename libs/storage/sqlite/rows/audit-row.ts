import type { AuditData, AuditRecord } from '@tollgate/domain';

/** An audit record as its table has it; also the form in which it crosses to the writer thread. */
export interface AuditRow {
  readonly id: string;
  readonly account_id: string;
  readonly action: string;
  readonly resource_id: string;
  readonly ip: string;
  readonly user_agent: string;
  readonly request_data: string | null;
  readonly result: AuditRecord['result'];
  readonly error_message: string | null;
  readonly timestamp: number;
}

/** The columns of {@link AuditRow}, for SELECT. */
export const AUDIT_COLUMNS =
  'id, account_id, action, resource_id, ip, user_agent, request_data, result, error_message, timestamp';

export function toAuditRow(record: AuditRecord): AuditRow {
  return {
    id: record.id,
    account_id: record.accountId,
    action: record.action,
    resource_id: record.resourceId,
    ip: record.ip,
    user_agent: record.userAgent,
    request_data: record.requestData === undefined ? null : JSON.stringify(record.requestData),
    result: record.result,
    error_message: record.errorMessage ?? null,
    timestamp: record.timestamp.getTime(),
  };
}

export function toAuditRecord(row: AuditRow): AuditRecord {
  return {
    id: row.id,
    accountId: row.account_id,
    action: row.action,
    resourceId: row.resource_id,
    ip: row.ip,
    userAgent: row.user_agent,
    ...(row.request_data !== null && { requestData: JSON.parse(row.request_data) as AuditData }),
    result: row.result,
    ...(row.error_message !== null && { errorMessage: row.error_message }),
    timestamp: new Date(row.timestamp),
  };
}

import type { AuditFilter, AuditRecord } from '@tollgate/domain';
import { z } from 'zod';
import { instant, pageQuery, toDate } from '../http/fields';

const word = (example: string): z.ZodOptional<z.ZodString> =>
  z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, _ or -')
    .meta({ example })
    .optional();

/** Query of the audit log. */
export const auditQuery = z.object({
  action: word('create_token'),
  resource_id: word('tk_4fJ8sQ2mZk1xWc9vB7nR0L'),
  start_time: instant.optional(),
  end_time: instant.optional(),
  ...pageQuery,
});

/** Ours: unknown fields are refused. */
export const operatorAuditQuery = z.strictObject({
  ...auditQuery.shape,
  account_id: word('acc_4fJ8sQ2mZk1xWc9vB7nR0L'),
});

const auditItem = z
  .object({
    id: z.string().meta({ example: 'aud_4fJ8sQ2mZk1xWc9vB7nR0L' }),
    account_id: z.string().meta({ example: 'acc_4fJ8sQ2mZk1xWc9vB7nR0L' }),
    action: z.string().meta({ example: 'create_token' }),
    resource_id: z.string().meta({ example: 'tk_4fJ8sQ2mZk1xWc9vB7nR0L' }),
    ip: z.string().meta({ example: '203.0.113.7' }),
    user_agent: z.string().meta({ example: 'curl/8.5.0' }),
    request_data: z
      .record(z.string(), z.unknown())
      .optional()
      .meta({ example: { description: 'image resizer', scope: ['storage:read'] } }),
    result: z.enum(['success', 'failure']).meta({ example: 'success' }),
    error_msg: z.string().optional().meta({ example: 'token not found' }),
    timestamp: z.string().meta({ format: 'date-time', example: '2026-01-04T10:00:00.000Z' }),
  })
  .meta({ id: 'AuditItem' });

export const auditList = z
  .object({ account_id: z.string(), logs: z.array(auditItem), total: z.number() })
  .meta({ id: 'AuditList' });

export const operatorAuditList = z
  .object({ logs: z.array(auditItem), total: z.number(), limit: z.number(), offset: z.number() })
  .meta({ id: 'OperatorAuditList' });

export function toAuditFilter(query: z.output<typeof auditQuery>): AuditFilter {
  const from = toDate(query.start_time);
  const to = toDate(query.end_time);
  return {
    ...(query.action === undefined ? {} : { action: query.action }),
    ...(query.resource_id === undefined ? {} : { resourceId: query.resource_id }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
}

export function auditView(record: AuditRecord): z.output<typeof auditItem> {
  return {
    id: record.id,
    account_id: record.accountId,
    action: record.action,
    resource_id: record.resourceId,
    ip: record.ip,
    user_agent: record.userAgent,
    ...(record.requestData === undefined ? {} : { request_data: record.requestData }),
    result: record.result,
    ...(record.errorMessage === undefined ? {} : { error_msg: record.errorMessage }),
    timestamp: record.timestamp.toISOString(),
  };
}

import type { AuditRecord } from '@tollgate/client';
import type { Column } from './printer';

/** The audit trail, for people. */
export const AUDIT_COLUMNS: readonly Column<AuditRecord>[] = [
  ['TIME', (record) => record.timestamp],
  ['ACTION', (record) => record.action],
  ['RESULT', (record) => record.result],
  ['RESOURCE', (record) => record.resource_id],
  ['IP', (record) => record.ip],
  ['ERROR', (record) => record.error_msg],
];

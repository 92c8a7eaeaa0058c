import { type AuditRecord, newAuditId } from '@tollgate/domain';
import { TEST_EPOCH_MS } from '../fake-clock';
import { type Overrides, withoutUndefined } from './without-undefined';

/** A successful action with a unique record id. */
export function buildAuditRecord(overrides: Overrides<AuditRecord> & { readonly accountId: string }): AuditRecord {
  return withoutUndefined<AuditRecord>({
    id: newAuditId(),
    action: 'create_token',
    resourceId: '',
    ip: '192.0.2.1',
    userAgent: 'contract-suite/1.0',
    result: 'success',
    timestamp: new Date(TEST_EPOCH_MS),
    ...overrides,
  });
}

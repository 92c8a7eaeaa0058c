import type { AuditRecord } from './audit-record';
import type { Page, PageRequest } from './page';

export interface AuditFilter {
  readonly action?: string;
  readonly resourceId?: string;
  /** Inclusive. */
  readonly from?: Date;
  /** Inclusive. */
  readonly to?: Date;
}

/** The audit trail for what changes no record: refusals and failures. Changes carry their own record. */
export abstract class AuditRepository {
  /** Writing a record whose id is there already does nothing. */
  abstract append(record: AuditRecord): Promise<void>;

  /** Newest first, ties by id. */
  abstract list(accountId: string, filter: AuditFilter, page: PageRequest): Promise<Page<AuditRecord>>;

  /** Operator: the same over every account, also of records with none. */
  abstract listAcrossAccounts(filter: AuditFilter, page: PageRequest): Promise<Page<AuditRecord>>;

  /** Removes up to `limit` records older than `before`; returns how many went. */
  abstract purge(before: Date, limit: number): Promise<number>;
}

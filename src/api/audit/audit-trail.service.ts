import { Injectable } from '@nestjs/common';
import {
  type AuditAction,
  type AuditData,
  type AuditFilter,
  type AuditRecord,
  AuditRepository,
  Clock,
  type Page,
  type PageRequest,
  newAuditId,
} from '@tollgate/domain';
import type { Caller } from '../http/caller';

/** What an audit record says, apart from its id and time. */
export interface AuditEntry {
  readonly action: AuditAction;
  /** Empty where nobody was recognised. */
  readonly accountId: string;
  readonly resourceId?: string;
  readonly caller: Caller;
  /** Without secrets. */
  readonly data?: AuditData;
  /** Set for a failure. */
  readonly errorMessage?: string;
}

/** Writes and reads the audit trail. Records of changes are made here and kept by the repository with the change. */
@Injectable()
export class AuditTrail {
  constructor(
    private readonly repository: AuditRepository,
    private readonly clock: Clock,
  ) {}

  /** A record for a change that is about to be made. */
  describe(entry: AuditEntry): AuditRecord {
    return {
      id: newAuditId(),
      accountId: entry.accountId,
      action: entry.action,
      resourceId: entry.resourceId ?? '',
      ip: entry.caller.ip,
      userAgent: entry.caller.userAgent,
      ...(entry.data === undefined ? {} : { requestData: entry.data }),
      result: entry.errorMessage === undefined ? 'success' : 'failure',
      ...(entry.errorMessage === undefined ? {} : { errorMessage: entry.errorMessage }),
      timestamp: this.clock.now(),
    };
  }

  /** Keeps a record of something that changed nothing. */
  append(entry: AuditEntry): Promise<void> {
    return this.repository.append(this.describe(entry));
  }

  list(accountId: string, filter: AuditFilter, page: PageRequest): Promise<Page<AuditRecord>> {
    return this.repository.list(accountId, filter, page);
  }

  /** For operators; `accountId` narrows it to one account. */
  listForOperator(accountId: string | undefined, filter: AuditFilter, page: PageRequest): Promise<Page<AuditRecord>> {
    return accountId === undefined
      ? this.repository.listAcrossAccounts(filter, page)
      : this.repository.list(accountId, filter, page);
  }
}

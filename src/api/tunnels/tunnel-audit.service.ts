import { Injectable } from '@nestjs/common';
import { Log } from '@tollgate/observability';
import { type AuditEntry, AuditTrail } from '../audit/audit-trail.service';

/**
 * Records what was done with tunnel tokens, after it was done: they may live in another store than the audit trail, and no
 * commit spans the two. A record that can't be kept is in the log instead, and what was done is answered all the same:
 * the value of a new token is shown once.
 */
@Injectable()
export class TunnelAudit {
  constructor(
    private readonly trail: AuditTrail,
    private readonly log: Log,
  ) {}

  /** Never rejects. */
  async record(entry: AuditEntry): Promise<void> {
    try {
      await this.trail.append(entry);
    } catch (error) {
      const { action, accountId, resourceId, data } = entry;
      this.log.error({ err: error, action, accountId, resourceId, data }, 'an audit record could not be kept');
    }
  }
}

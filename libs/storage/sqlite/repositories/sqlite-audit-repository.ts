import { type AuditFilter, type AuditRecord, AuditRepository, type Page, type PageRequest } from '@tollgate/domain';
import { AUDIT_COLUMNS, toAuditRecord, toAuditRow } from '../rows/audit-row';
import type { SqliteReader } from '../sqlite-reader';
import type { GroupCommitWriter } from '../writer/group-commit-writer';
import { readPage } from './read-page';

/** The audit trail in the embedded store. */
export class SqliteAuditRepository extends AuditRepository {
  constructor(
    private readonly reader: SqliteReader,
    private readonly writer: GroupCommitWriter,
  ) {
    super();
  }

  override async append(record: AuditRecord): Promise<void> {
    await this.writer.submit({ verb: 'audit.append', input: { record: toAuditRow(record) } });
  }

  override async list(accountId: string, filter: AuditFilter, page: PageRequest): Promise<Page<AuditRecord>> {
    return this.read(['account_id = @accountId'], { accountId }, filter, page);
  }

  override async listAcrossAccounts(filter: AuditFilter, page: PageRequest): Promise<Page<AuditRecord>> {
    return this.read([], {}, filter, page);
  }

  override async purge(before: Date, limit: number): Promise<number> {
    return this.writer.submit({ verb: 'audit.purge', input: { beforeMs: before.getTime(), limit } });
  }

  private read(
    conditions: string[],
    parameters: Record<string, string | number>,
    filter: AuditFilter,
    page: PageRequest,
  ): Page<AuditRecord> {
    const narrow = (condition: string, name: string, value: string | number | undefined): void => {
      if (value === undefined) return;
      conditions.push(condition);
      parameters[name] = value;
    };
    narrow('action = @action', 'action', filter.action);
    narrow('resource_id = @resourceId', 'resourceId', filter.resourceId);
    narrow('timestamp >= @fromMs', 'fromMs', filter.from?.getTime());
    narrow('timestamp <= @toMs', 'toMs', filter.to?.getTime());
    return readPage(
      this.reader,
      {
        columns: AUDIT_COLUMNS,
        table: 'audit_records',
        conditions,
        orderBy: 'timestamp DESC, id',
        parameters,
        toItem: toAuditRecord,
      },
      page,
    );
  }
}

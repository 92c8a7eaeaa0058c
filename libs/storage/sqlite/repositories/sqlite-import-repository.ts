import {
  type Account,
  type AuditRecord,
  type DailyUsage,
  type ImportOutcome,
  ImportRepository,
  type Token,
} from '@tollgate/domain';
import { toAccountRow } from '../rows/account-row';
import { toAuditRow } from '../rows/audit-row';
import { toTokenRow } from '../rows/token-row';
import type { GroupCommitWriter } from '../writer/group-commit-writer';

/** Takes records of another installation into the embedded store. */
export class SqliteImportRepository extends ImportRepository {
  constructor(private readonly writer: GroupCommitWriter) {
    super();
  }

  override async importAccount(account: Account): Promise<ImportOutcome> {
    return this.writer.submit({ verb: 'import.account', input: { account: toAccountRow(account) } });
  }

  override async importToken(token: Token, usage: readonly DailyUsage[]): Promise<ImportOutcome> {
    const days = usage.map(({ day, requests }) => ({ day, requests }));
    return this.writer.submit({ verb: 'import.token', input: { token: toTokenRow(token), usage: days } });
  }

  override async importAuditRecord(record: AuditRecord): Promise<ImportOutcome> {
    return this.writer.submit({ verb: 'import.auditRecord', input: { record: toAuditRow(record) } });
  }
}

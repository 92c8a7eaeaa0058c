import type { Command } from 'commander';
import type { AuditRecord } from '@tollgate/client';
import type { CliContext } from '../cli-context';
import { type AuditFlags, toAuditLogsInput, withAuditFlags } from '../input/audit-flags';
import { AUDIT_COLUMNS } from '../output/audit-columns';
import { pageNote } from '../output/page-note';
import type { Column } from '../output/printer';
import { Session } from '../session';

interface AdminAuditOptions extends AuditFlags {
  readonly account?: string;
  readonly operatorKeyFile?: string;
}

const COLUMNS: readonly Column<AuditRecord>[] = [['ACCOUNT', (record) => record.account_id], ...AUDIT_COLUMNS];

/** `admin audit`: the audit trail of all accounts, and of requests that nobody was recognised in. */
export function addAdminAuditCommand(admin: Command, context: CliContext): void {
  const audit = admin.command('audit').description('the audit trail over all accounts, newest first');
  withAuditFlags(audit)
    .option('--account <id>', 'of one account only')
    .action(async (_options: AdminAuditOptions, command: Command) => {
      const session = new Session<AdminAuditOptions>(context, command);
      const { account, offset, operatorKeyFile } = session.options;
      const page = await session.operatorClient(operatorKeyFile).auditLogs({
        ...toAuditLogsInput(session.options),
        ...(account === undefined ? {} : { account_id: account }),
      });
      session.print.table(page, COLUMNS, page.logs, 'no audit records');
      const note = pageNote(page.logs.length, page.total, offset ?? 0);
      if (note !== undefined) session.print.note(note);
    });
}

import type { Command } from 'commander';
import type { CliContext } from '../cli-context';
import { type AuditFlags, toAuditLogsInput, withAuditFlags } from '../input/audit-flags';
import { AUDIT_COLUMNS } from '../output/audit-columns';
import { pageNote } from '../output/page-note';
import { Session } from '../session';

/** `tollgate audit`: the account's own audit trail. */
export function addAuditCommand(program: Command, context: CliContext): void {
  const audit = program.command('audit').description('what happened to the account and its tokens, newest first');
  withAuditFlags(audit).action(async (_options: AuditFlags, command: Command) => {
    const session = new Session<AuditFlags>(context, command);
    const client = await session.tenantClient();
    const page = await client.auditLogs(toAuditLogsInput(session.options));
    session.print.table(page, AUDIT_COLUMNS, page.logs, 'no audit records');
    const note = pageNote(page.logs.length, page.total, session.options.offset ?? 0);
    if (note !== undefined) session.print.note(note);
  });
}

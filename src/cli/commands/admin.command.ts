import type { Command } from 'commander';
import type { CliContext } from '../cli-context';
import { addAdminAccountsCommands } from './admin-accounts.command';
import { addAdminAuditCommand } from './admin-audit.command';

/** `tollgate admin …`: the operator's commands, over every account. */
export function addAdminCommands(program: Command, context: CliContext): void {
  const admin = program
    .command('admin')
    .description('for the operator: every account')
    .option('--operator-key-file <file>', 'the operator key (OPERATOR_KEY; default $DATA_DIR/operator.key)');
  addAdminAccountsCommands(admin, context);
  addAdminAuditCommand(admin, context);
}

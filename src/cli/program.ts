import { Command } from 'commander';
import type { CliContext } from './cli-context';
import { addAccountCommands } from './commands/account.command';
import { addAdminCommands } from './commands/admin.command';
import { addAuditCommand } from './commands/audit.command';
import { addImportCommands } from './commands/import.command';
import { addKeysCommands } from './commands/keys.command';
import { addPermissionsCommand } from './commands/permissions.command';
import { addSignCommand } from './commands/sign.command';
import { addTokenCommands } from './commands/token.command';
import { addValidateCommand } from './commands/validate.command';
import { withGlobalOptions } from './settings/global-options';

/** The whole command line. Nothing runs until it is given arguments. */
export function buildProgram(context: CliContext): Command {
  const program = new Command('tollgate')
    .description('Tollgate from the command line')
    .exitOverride()
    .showSuggestionAfterError(false)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
    });
  withGlobalOptions(program);
  addAccountCommands(program, context);
  addTokenCommands(program, context);
  addValidateCommand(program, context);
  addSignCommand(program, context);
  addPermissionsCommand(program, context);
  addAuditCommand(program, context);
  addAdminCommands(program, context);
  addKeysCommands(program, context);
  addImportCommands(program, context);
  return program;
}

import type { Command } from 'commander';
import type { CliContext } from '../cli-context';
import { accountLines } from '../output/account-lines';
import { Session } from '../session';
import { addRegenerateSecretKeyCommand } from './account-regenerate-sk.command';
import { addRegisterCommand } from './account-register.command';
import { addValidationLogCommand } from './account-validation-log.command';

/** `tollgate account …`: the tenant itself. */
export function addAccountCommands(program: Command, context: CliContext): void {
  const account = program
    .command('account')
    .description('register, look at the account, replace its SecretKey, log its validations');
  addRegisterCommand(account, context);
  account
    .command('me')
    .description('the account that the keys belong to')
    .action(async (_options: object, command: Command) => {
      const session = new Session(context, command);
      const me = await (await session.tenantClient()).me();
      session.print.record(me, accountLines(me));
    });
  addRegenerateSecretKeyCommand(account, context);
  addValidationLogCommand(account, context);
}

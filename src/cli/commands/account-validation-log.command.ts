import { Argument, type Command } from 'commander';
import type { CliContext } from '../cli-context';
import { parseWholeNumber } from '../input/whole-number';
import { validationLogText } from '../output/account-lines';
import { Session } from '../session';

interface ValidationLogFlags {
  readonly retentionDays?: number;
}

/** `account validation-log on|off`: whether each validation of the account's tokens is written down. */
export function addValidationLogCommand(account: Command, context: CliContext): void {
  account
    .command('validation-log')
    .description('have each validation of your tokens written down, or stop it; see: token validations')
    .addArgument(new Argument('<state>', 'what it shall be').choices(['on', 'off']))
    .option('--retention-days <days>', 'how long each is kept, 1 to 90 (default 7)', parseWholeNumber)
    .action(async (state: 'on' | 'off', _options: object, command: Command) => {
      const session = new Session<ValidationLogFlags>(context, command);
      const { retentionDays } = session.options;
      const answer = await (
        await session.tenantClient()
      ).setValidationLog({
        enabled: state === 'on',
        ...(retentionDays === undefined ? {} : { retention_days: retentionDays }),
      });
      session.print.done(answer, `validation log: ${validationLogText(answer)}`);
    });
}

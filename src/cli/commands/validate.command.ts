import type { Command } from 'commander';
import { TollgateApiError } from '@tollgate/client';
import type { CliContext } from '../cli-context';
import { CliError, EXIT } from '../cli-error';
import { collect } from '../input/collect';
import { readFirstLine } from '../input/first-line';
import { promptHidden } from '../input/hidden-prompt';
import { Session } from '../session';

interface ValidateOptions {
  readonly scope?: readonly string[];
}

/** `tollgate validate`: asks as a service would. Exit code 0: valid, 1: refused, 2: no answer. */
export function addValidateCommand(program: Command, context: CliContext): void {
  program
    .command('validate')
    .description('ask whether a token is good; exit code 0 valid, 1 refused, 2 could not ask')
    .argument('[token]', 'without it or with -, standard input is read: others can see arguments')
    .option('--scope <scope>', 'ask for a scope too; may be repeated, then all are needed', collect)
    .action(async (argument: string | undefined, _options: ValidateOptions, command: Command) => {
      const session = new Session<ValidateOptions>(context, command);
      const { scope = [] } = session.options;
      const token = await readToken(context, argument);
      const verdict = await session
        .validator()
        .validate(token, { requiredScope: scope.length > 1 ? scope : scope[0] })
        .catch(asFault);
      if (verdict.valid) {
        const info = verdict.token_info;
        session.print.record({ ...verdict }, [
          ['valid', 'yes'],
          ['id', info.token_id],
          ['account', info.account_id ?? info.uid],
          ['scope', info.scope],
          ['expires', info.expires_at ?? 'never'],
        ]);
        return;
      }
      session.print.record(verdict, [
        ['valid', 'no'],
        ['reason', verdict.message],
      ]);
      throw new CliError('', EXIT.refused);
    });
}

async function readToken(context: CliContext, argument: string | undefined): Promise<string> {
  if (argument !== undefined && argument !== '-') return argument;
  const token =
    context.stdin.isTTY === true ? await promptHidden(context, 'Token: ') : await readFirstLine(context.stdin);
  if (token.trim() === '') throw new CliError('validate: standard input holds no token');
  return token.trim();
}

/** The api's no to the question (a bad scope, say) is no verdict on the token. */
function asFault(error: unknown): never {
  if (!(error instanceof TollgateApiError)) throw error;
  throw new CliError(`${error.message} (HTTP ${String(error.status)})`);
}

import type { Command } from 'commander';
import type { RegisteredAccount } from '@tollgate/client';
import type { CliContext } from '../cli-context';
import { readNewPassword } from '../input/password';
import { Session } from '../session';
import { assertCanSave, trySaveKeys } from '../settings/save-keys';

interface RegisterOptions {
  readonly email: string;
  readonly company: string;
  readonly passwordStdin?: boolean;
  readonly save?: boolean;
}

/** `account register`: makes an account and shows or saves its keys. */
export function addRegisterCommand(account: Command, context: CliContext): void {
  account
    .command('register')
    .description('make an account; its SecretKey is shown once, or saved with --save')
    .requiredOption('--email <email>', 'not registered yet')
    .requiredOption('--company <name>', 'who you are')
    .option('--password-stdin', 'read the password from standard input instead of asking for it')
    .option('--save', 'save the keys to the profile instead of showing the SecretKey')
    .action(async (_options: RegisterOptions, command: Command) => {
      const session = new Session<RegisterOptions>(context, command);
      const { email, company, passwordStdin, save } = session.options;
      if (save === true) assertCanSave(session);
      const client = session.openClient();
      const password = await readNewPassword(context, passwordStdin === true);
      const account = await client.register({ email, company, password });
      show(session, account, save === true && trySaveKeys(session, account));
    });
}

function show(session: Session, account: RegisteredAccount, saved: boolean): void {
  session.print.record(account, [
    ['account', account.account_id],
    ['email', account.email],
    ['AccessKey', account.access_key],
    ['SecretKey', saved ? undefined : account.secret_key],
    ['saved to', saved ? session.connection.credentialsFile.path : undefined],
    ['created', account.created_at],
  ]);
  if (!saved) session.print.note('The SecretKey is shown this once: keep it now.');
}

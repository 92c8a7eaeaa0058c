import { Option, type Command } from 'commander';
import type { Account, AccountStatus, ListAccountsInput } from '@tollgate/client';
import type { CliContext } from '../cli-context';
import { CliError } from '../cli-error';
import { type RateLimitFlags, toRateLimit, withRateLimitFlags } from '../input/rate-limit-flags';
import { parseWholeNumber } from '../input/whole-number';
import { accountLines } from '../output/account-lines';
import { pageNote } from '../output/page-note';
import type { Column } from '../output/printer';
import { rateLimitText } from '../output/rate-limit-text';
import { Session } from '../session';

interface AdminOptions {
  readonly operatorKeyFile?: string;
}

const ACCOUNT_ID = ['<id>', 'account id, such as acc_…'] as const;

const COLUMNS: readonly Column<Account>[] = [
  ['ID', (account) => account.id],
  ['STATUS', (account) => account.status],
  ['EMAIL', (account) => account.email],
  ['COMPANY', (account) => account.company],
  ['RATE LIMIT', (account) => rateLimitText(account.rate_limit)],
  ['CREATED', (account) => account.created_at],
];

/** `admin accounts …`: find accounts, let them in or keep them out, limit them. */
export function addAdminAccountsCommands(admin: Command, context: CliContext): void {
  const accounts = admin.command('accounts').description('find, suspend, activate and limit accounts');
  addList(accounts, context);
  addShow(accounts, context);
  addStatus(accounts, context, 'suspend', 'suspended', 'refuse its keys and its tokens');
  addStatus(accounts, context, 'activate', 'active', 'let a suspended account in again');
  addRateLimit(accounts, context);
}

function addList(parent: Command, context: CliContext): void {
  parent
    .command('list')
    .description('accounts, newest first')
    .addOption(new Option('--status <status>', 'only these').choices(['active', 'suspended']))
    .option('--search <text>', 'a part of id, email or company, or a whole AccessKey')
    .option('--limit <count>', '1 to 100 (default 50)', parseWholeNumber)
    .option('--offset <count>', 'skip so many', parseWholeNumber)
    .action(async (_options: object, command: Command) => {
      const session = new Session<AdminOptions & ListAccountsInput>(context, command);
      const { operatorKeyFile, status, search, limit, offset } = session.options;
      const page = await session.operatorClient(operatorKeyFile).listAccounts({
        ...(status === undefined ? {} : { status }),
        ...(search === undefined ? {} : { search }),
        ...(limit === undefined ? {} : { limit }),
        ...(offset === undefined ? {} : { offset }),
      });
      session.print.table(page, COLUMNS, page.accounts, 'no accounts');
      const note = pageNote(page.accounts.length, page.total, offset ?? 0);
      if (note !== undefined) session.print.note(note);
    });
}

function addShow(parent: Command, context: CliContext): void {
  parent
    .command('show')
    .description('one account')
    .argument(...ACCOUNT_ID)
    .action(async (id: string, _options: object, command: Command) => {
      const session = new Session<AdminOptions>(context, command);
      const account = await session.operatorClient(session.options.operatorKeyFile).getAccount(id);
      session.print.record(account, accountLines(account));
    });
}

function addStatus(
  parent: Command,
  context: CliContext,
  name: string,
  status: AccountStatus,
  description: string,
): void {
  parent
    .command(name)
    .description(description)
    .argument(...ACCOUNT_ID)
    .action(async (id: string, _options: object, command: Command) => {
      const session = new Session<AdminOptions>(context, command);
      const answer = await session.operatorClient(session.options.operatorKeyFile).setAccountStatus(id, status);
      session.print.done(answer, `${id} is ${status}`);
    });
}

function addRateLimit(parent: Command, context: CliContext): void {
  const command = parent
    .command('rate-limit')
    .description('set the limits of an account as a whole, or take them away')
    .argument(...ACCOUNT_ID)
    .option('--clear', 'take all limits away');
  withRateLimitFlags(command).action(async (id: string, _options: object, invoked: Command) => {
    const session = new Session<AdminOptions & RateLimitFlags & { readonly clear?: boolean }>(context, invoked);
    const { clear, operatorKeyFile } = session.options;
    const limit = toRateLimit(session.options);
    if ((clear === true) === (limit !== undefined)) {
      throw new CliError('rate-limit: give --per-minute, --per-hour or --per-day, or else --clear');
    }
    const answer = await session.operatorClient(operatorKeyFile).setAccountRateLimit(id, limit ?? null);
    session.print.done(answer, `${id}: rate limit ${rateLimitText(limit)}`);
  });
}

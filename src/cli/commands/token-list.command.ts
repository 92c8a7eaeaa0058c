import type { Command } from 'commander';
import type { TokenListItem } from '@tollgate/client';
import type { CliContext } from '../cli-context';
import { parseWholeNumber } from '../input/whole-number';
import { pageNote } from '../output/page-note';
import type { Column } from '../output/printer';
import { Session } from '../session';

interface ListOptions {
  readonly active?: boolean;
  readonly limit?: number;
  readonly offset?: number;
}

const COLUMNS: readonly Column<TokenListItem>[] = [
  ['ID', (token) => token.token_id],
  ['STATUS', (token) => token.status],
  ['DESCRIPTION', (token) => token.description],
  ['SCOPE', (token) => token.scope],
  ['EXPIRES', (token) => token.expires_at ?? 'never'],
  ['LAST USED', (token) => token.last_used_at ?? 'never'],
  ['REQUESTS', (token) => token.total_requests],
];

/** `token list`: the account's tokens, newest first. */
export function addTokenListCommand(token: Command, context: CliContext): void {
  token
    .command('list')
    .description('tokens, newest first')
    .option('--active', 'only those that work: neither disabled nor expired')
    .option('--limit <count>', '1 to 100 (default 50)', parseWholeNumber)
    .option('--offset <count>', 'skip so many', parseWholeNumber)
    .action(async (_options: ListOptions, command: Command) => {
      const session = new Session<ListOptions>(context, command);
      const { active, limit, offset } = session.options;
      const client = await session.tenantClient();
      const page = await client.listTokens({
        ...(active === true ? { active_only: true } : {}),
        ...(limit === undefined ? {} : { limit }),
        ...(offset === undefined ? {} : { offset }),
      });
      session.print.table(page, COLUMNS, page.tokens, 'no tokens');
      const note = pageNote(page.tokens.length, page.total, offset ?? 0);
      if (note !== undefined) session.print.note(note);
    });
}

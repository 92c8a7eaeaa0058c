import type { Command } from 'commander';
import type { CliContext } from '../cli-context';
import { TOKEN_ID } from '../input/token-id';
import { tokenLines } from '../output/token-lines';
import { Session } from '../session';
import { addTokenCreateCommand } from './token-create.command';
import { addTokenListCommand } from './token-list.command';
import { addTokenUsageCommands } from './token-usage.command';

/** `tollgate token …`: the account's bearer tokens. */
export function addTokenCommands(program: Command, context: CliContext): void {
  const token = program.command('token').description('create, list, switch off and revoke bearer tokens');
  addTokenCreateCommand(token, context);
  addTokenListCommand(token, context);
  addShow(token, context);
  addSwitch(token, context, {
    name: 'disable',
    description: 'switch a token off; enable brings it back',
    isActive: false,
  });
  addSwitch(token, context, { name: 'enable', description: 'switch a token on again', isActive: true });
  addRevoke(token, context);
  addTokenUsageCommands(token, context);
}

function addShow(parent: Command, context: CliContext): void {
  parent
    .command('show')
    .description('one token')
    .argument(...TOKEN_ID)
    .action(async (id: string, _options: object, command: Command) => {
      const session = new Session(context, command);
      const token = await (await session.tenantClient()).getToken(id);
      session.print.record(token, [
        ['id', token.token_id],
        ['token', token.token_preview],
        ['active', token.is_active ? 'yes' : 'no'],
        ...tokenLines(token),
        ['last used', token.last_used_at ?? 'never'],
        ['requests', token.total_requests],
      ]);
    });
}

function addSwitch(
  parent: Command,
  context: CliContext,
  { name, description, isActive }: { readonly name: string; readonly description: string; readonly isActive: boolean },
): void {
  parent
    .command(name)
    .description(description)
    .argument(...TOKEN_ID)
    .action(async (id: string, _options: object, command: Command) => {
      const session = new Session(context, command);
      const answer = await (await session.tenantClient()).setTokenStatus(id, isActive);
      session.print.done(answer, `${answer.token_id} is ${answer.is_active ? 'enabled' : 'disabled'}`);
    });
}

function addRevoke(parent: Command, context: CliContext): void {
  parent
    .command('revoke')
    .description('delete a token for good')
    .argument(...TOKEN_ID)
    .action(async (id: string, _options: object, command: Command) => {
      const session = new Session(context, command);
      session.print.done(await (await session.tenantClient()).deleteToken(id), `${id} is revoked`);
    });
}

import type { Command } from 'commander';
import type { CliContext } from '../cli-context';
import { collect } from '../input/collect';
import { type Expiry, parseExpiry } from '../input/expiry';
import { type RateLimitFlags, toRateLimit, withRateLimitFlags } from '../input/rate-limit-flags';
import { tokenLines } from '../output/token-lines';
import { Session } from '../session';

interface CreateOptions extends RateLimitFlags {
  readonly description: string;
  readonly scope?: readonly string[];
  readonly expiresIn?: Expiry;
  readonly prefix?: string;
  readonly quiet?: boolean;
}

/** `token create`: a new token; its value is shown once. */
export function addTokenCreateCommand(token: Command, context: CliContext): void {
  const create = token
    .command('create')
    .description('make a token; its value is shown once')
    .requiredOption('--description <text>', 'what it is for')
    .option('--scope <scope>', 'resource:action, resource:* or *; may be repeated', collect)
    .option('--expires-in <when>', '90d, 12h, 30m, seconds, an RFC 3339 time, or never (default)', parseExpiry)
    .option('--prefix <prefix>', '1 to 12 characters of [a-z0-9_] (default "sk")')
    .option('-q, --quiet', 'print the value of the token and nothing else');
  withRateLimitFlags(create).action(async (_options: CreateOptions, command: Command) => {
    const session = new Session<CreateOptions>(context, command);
    const { description, scope, expiresIn, prefix, quiet } = session.options;
    const rateLimit = toRateLimit(session.options);
    const client = await session.tenantClient();
    const created = await client.createToken({
      description,
      ...expiresIn,
      ...(scope === undefined ? {} : { scope }),
      ...(prefix === undefined ? {} : { prefix }),
      ...(rateLimit === undefined ? {} : { rate_limit: rateLimit }),
    });
    if (quiet === true) {
      session.print.raw(`${created.token}\n`);
      return;
    }
    session.print.record(created, [['id', created.token_id], ['token', created.token], ...tokenLines(created)]);
    session.print.note('The token is shown this once: keep it now.');
  });
}

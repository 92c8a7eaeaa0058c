import { type Command, Option } from 'commander';
import type {
  ListValidationsInput,
  TokenUsageInput,
  UsageBucket,
  UsageGranularity,
  ValidationRecord,
  ValidationResult,
} from '@tollgate/client';
import type { CliContext } from '../cli-context';
import { TOKEN_ID } from '../input/token-id';
import { parseWholeNumber } from '../input/whole-number';
import { pageNote } from '../output/page-note';
import type { Column, Line } from '../output/printer';
import { Session } from '../session';

interface UsageFlags {
  readonly from?: string;
  readonly to?: string;
  readonly by?: UsageGranularity;
}

interface ValidationFlags {
  readonly result?: ValidationResult;
  readonly from?: string;
  readonly to?: string;
  readonly limit?: number;
  readonly offset?: number;
}

const RESULTS = ['valid', 'scope', 'inactive', 'expired', 'suspended', 'limited'] as const;

const USAGE_COLUMNS: readonly Column<UsageBucket>[] = [
  ['START', (bucket) => bucket.start],
  ['TOTAL', (bucket) => bucket.total],
  ...RESULTS.map((result): Column<UsageBucket> => [result.toUpperCase(), (bucket) => bucket[result]]),
];

const VALIDATION_COLUMNS: readonly Column<ValidationRecord>[] = [
  ['TIME', (record) => record.timestamp],
  ['RESULT', (record) => record.result],
  ['SCOPE', (record) => record.scope],
  ['IP', (record) => record.ip],
  ['USER AGENT', (record) => record.user_agent],
];

/** `token stats`, `token usage` and `token validations`: how a token was used, from coarse to fine. */
export function addTokenUsageCommands(token: Command, context: CliContext): void {
  addStats(token, context);
  addUsage(token, context);
  addValidations(token, context);
}

function addStats(parent: Command, context: CliContext): void {
  parent
    .command('stats')
    .description('how often a token was used, by UTC day')
    .argument(...TOKEN_ID)
    .action(async (id: string, _options: object, command: Command) => {
      const session = new Session(context, command);
      const stats = await (await session.tenantClient()).tokenStats(id);
      session.print.record(stats, [
        ['id', stats.token_id],
        ['created', stats.created_at],
        ['last used', stats.last_used_at ?? 'never'],
        ['requests', stats.total_requests],
        ...stats.daily_stats.map(({ date, requests }): Line => [date, requests]),
      ]);
    });
}

function addUsage(parent: Command, context: CliContext): void {
  parent
    .command('usage')
    .description('how validations of a token ended, by UTC day or hour')
    .argument(...TOKEN_ID)
    .option('--from <time>', 'RFC 3339 or a day such as 2026-01-04 (default 30 days back, or 24 hours)')
    .option('--to <time>', 'the same, not included (default now)')
    .addOption(new Option('--by <step>', 'one line for each (default day)').choices(['hour', 'day']))
    .action(async (id: string, _options: object, command: Command) => {
      const session = new Session<UsageFlags>(context, command);
      const { from, to, by } = session.options;
      const input: TokenUsageInput = {
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
        ...(by === undefined ? {} : { granularity: by }),
      };
      const usage = await (await session.tenantClient()).tokenUsage(id, input);
      session.print.table(usage, USAGE_COLUMNS, usage.usage, 'no validations');
    });
}

function addValidations(parent: Command, context: CliContext): void {
  parent
    .command('validations')
    .description('single validations, newest first; see: account validation-log')
    .argument(...TOKEN_ID)
    .addOption(new Option('--result <result>', 'only these').choices(RESULTS))
    .option('--from <time>', 'RFC 3339, inclusive')
    .option('--to <time>', 'RFC 3339, inclusive')
    .option('--limit <count>', '1 to 100 (default 50)', parseWholeNumber)
    .option('--offset <count>', 'skip so many', parseWholeNumber)
    .action(async (id: string, _options: object, command: Command) => {
      const session = new Session<ValidationFlags>(context, command);
      const { result, from, to, limit, offset } = session.options;
      const input: ListValidationsInput = {
        ...(result === undefined ? {} : { result }),
        ...(from === undefined ? {} : { start_time: from }),
        ...(to === undefined ? {} : { end_time: to }),
        ...(limit === undefined ? {} : { limit }),
        ...(offset === undefined ? {} : { offset }),
      };
      const page = await (await session.tenantClient()).listValidations(id, input);
      session.print.table(page, VALIDATION_COLUMNS, page.validations, 'no validations');
      const note = pageNote(page.validations.length, page.total, offset ?? 0);
      if (note !== undefined) session.print.note(note);
    });
}

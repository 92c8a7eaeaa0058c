import type { Command } from 'commander';
import type { AuditLogsInput } from '@tollgate/client';
import { parseWholeNumber } from './whole-number';

export interface AuditFlags {
  readonly action?: string;
  readonly resource?: string;
  readonly from?: string;
  readonly to?: string;
  readonly limit?: number;
  readonly offset?: number;
}

/** Adds what an audit trail can be narrowed by. */
export function withAuditFlags(command: Command): Command {
  return command
    .option('--action <name>', 'such as create_token')
    .option('--resource <id>', 'what was acted on, such as a token id')
    .option('--from <time>', 'RFC 3339, inclusive')
    .option('--to <time>', 'RFC 3339, inclusive')
    .option('--limit <count>', '1 to 100 (default 50)', parseWholeNumber)
    .option('--offset <count>', 'skip so many', parseWholeNumber);
}

export function toAuditLogsInput(flags: AuditFlags): AuditLogsInput {
  return {
    ...(flags.action === undefined ? {} : { action: flags.action }),
    ...(flags.resource === undefined ? {} : { resource_id: flags.resource }),
    ...(flags.from === undefined ? {} : { start_time: flags.from }),
    ...(flags.to === undefined ? {} : { end_time: flags.to }),
    ...(flags.limit === undefined ? {} : { limit: flags.limit }),
    ...(flags.offset === undefined ? {} : { offset: flags.offset }),
  };
}

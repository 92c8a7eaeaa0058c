import { CommanderError } from 'commander';
import { TollgateApiError, TollgateClientError } from '@tollgate/client';
import { CliError, EXIT, type ExitCode } from './cli-error';

/** How a command that threw ends: the line for stderr (none when it was written already) and the exit code. */
export interface Failure {
  readonly line: string | undefined;
  readonly exitCode: ExitCode;
}

export function toFailure(error: unknown): Failure {
  if (error instanceof CommanderError) {
    // Commander wrote its message, the help or the version itself.
    return { line: undefined, exitCode: error.exitCode === 0 ? EXIT.ok : EXIT.fault };
  }
  if (error instanceof CliError) return { line: error.message || undefined, exitCode: error.exitCode };
  if (error instanceof TollgateApiError) return { line: describeApiError(error), exitCode: exitCodeOf(error.status) };
  if (error instanceof TollgateClientError) return { line: error.message, exitCode: EXIT.fault };
  return { line: error instanceof Error ? firstLine(error.message) : 'unknown error', exitCode: EXIT.fault };
}

function describeApiError(error: TollgateApiError): string {
  const details = [`HTTP ${String(error.status)}`];
  if (error.retryAfterSeconds !== undefined) details.push(`retry after ${String(error.retryAfterSeconds)} s`);
  if (error.requestId !== undefined && error.status >= 500) details.push(`request ${error.requestId}`);
  return `${firstLine(error.message)} (${details.join(', ')})`;
}

/** A limit passes by itself, like a fault; every other 4xx is the api's no. */
function exitCodeOf(status: number): ExitCode {
  return status >= 400 && status < 500 && status !== 429 ? EXIT.refused : EXIT.fault;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

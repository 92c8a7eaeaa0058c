import { types } from 'node:util';
import { REDIS_LIMITS } from './limits';
import type { RedisTarget } from './redis-url';

/**
 * Reports the faults of a connection once for each outage: a server that is away fails every try in the same words.
 * What is reported is a new error, because those of the client carry the failed command, which may be the login.
 */
export class FaultReport {
  private readonly said = new Set<string>();
  private readonly secrets: readonly string[];

  constructor(
    target: RedisTarget,
    private readonly onFault: (error: Error) => void,
  ) {
    const logins = target.kind === 'sentinel' ? [target.login, target.sentinelLogin] : [target.login];
    this.secrets = logins.flatMap(({ password }) => (password === undefined ? [] : [password]));
  }

  report(error: unknown): void {
    const message = `Redis: ${this.textOf(error)}`;
    if (this.said.has(message) || this.said.size >= REDIS_LIMITS.faultsPerOutage) return;
    this.said.add(message);
    this.onFault(new Error(message));
  }

  /** All is well again: the next fault is news. */
  clear(): void {
    this.said.clear();
  }

  private textOf(error: unknown): string {
    const texts = [messageOf(error), ...causesOf(error).map(messageOf)].filter((text) => text !== '');
    // Servers repeat the arguments of a command that they do not know.
    const text = this.secrets.reduce((whole, secret) => whole.replaceAll(secret, '[secret]'), texts.join(': '));
    return text === '' ? 'unknown fault' : text;
  }
}

function messageOf(error: unknown): string {
  return types.isNativeError(error) ? error.message : '';
}

/** What a fault without a telling message of its own consists of. */
function causesOf(error: unknown): readonly unknown[] {
  if (!types.isNativeError(error)) return [];
  // One for each address of a name.
  if ('errors' in error && Array.isArray(error.errors)) return error.errors as readonly unknown[];
  // Why the last server asked of a cluster did not answer.
  return 'lastNodeError' in error ? [error.lastNodeError] : [];
}

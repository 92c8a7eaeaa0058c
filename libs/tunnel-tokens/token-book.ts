import type { Log } from '@tollgate/observability';
import { Listeners } from './listeners';
import { parseTunnelToken } from './parse-tunnel-token';
import { ShardedMap } from './sharded-map';
import type { TunnelTokenChange } from './tenant-token-source';
import { derivedTunnelTokenId, maskTunnelToken, type TunnelToken } from './tunnel-token';
import { WorkSlices } from './work-slices';

/**
 * What a source knows: tokens by value, id and account. Takes stored values as they come and tells of what that changes.
 */
export class TokenBook {
  private readonly byValue = new ShardedMap<TunnelToken>();
  private readonly valuesById = new ShardedMap<string>();
  private readonly byAccount = new ShardedMap<Map<string, TunnelToken>>();
  /** The stored version of each key, also of those whose value can't be read. */
  private readonly versions = new ShardedMap<string>();
  private readonly listeners: Listeners<TunnelTokenChange>;
  private sorted: readonly TunnelToken[] | undefined;

  /** @param prefix of the keys, for warnings */
  constructor(
    private readonly log: Log,
    private readonly prefix: string,
  ) {
    this.listeners = new Listeners((error) => {
      log.error({ err: error }, 'a listener to changes of tunnel tokens failed');
    });
  }

  get tokens(): ReadonlyMap<string, TunnelToken> {
    return this.byValue;
  }

  onChange(listener: (change: TunnelTokenChange) => void): () => void {
    return this.listeners.add(listener);
  }

  findById(id: string): TunnelToken | undefined {
    const value = this.valuesById.get(id);
    return value === undefined ? undefined : this.byValue.get(value);
  }

  listOfAccount(accountId: string): Iterable<TunnelToken> {
    return this.byAccount.get(accountId)?.values() ?? [];
  }

  /** Every token, newest first. Not to be changed. */
  listAll(): readonly TunnelToken[] {
    this.sorted ??= [...this.byValue.values()].sort(newestFirst);
    return this.sorted;
  }

  /**
   * Takes a stored value. One that can't be read is warned of once, and leaves what was.
   * @param value the token that its key says
   * @param version differs when the stored value may
   */
  put(value: string, text: string, version: string): void {
    if (this.versions.get(value) === version) return;
    this.versions.set(value, version);
    const parsed = parseTunnelToken(value, text);
    if (parsed.kind === 'invalid') {
      this.warnOf(value, parsed.field, parsed.reason);
      return;
    }
    const before = this.byValue.get(value);
    if (before !== undefined && JSON.stringify(before.document) === JSON.stringify(parsed.token.document)) return;
    const token = this.withOwnId(parsed.token);
    if (before !== undefined) this.forget(before);
    this.byValue.set(value, token);
    this.valuesById.set(token.id, value);
    if (token.accountId !== undefined) {
      const siblings = this.byAccount.get(token.accountId) ?? new Map<string, TunnelToken>();
      this.byAccount.set(token.accountId, siblings.set(value, token));
    }
    this.sorted = undefined;
    this.listeners.tell(before === undefined ? { kind: 'put', token } : { kind: 'put', token, before });
  }

  /** Warns of a key whose value is unreadable in itself, once for each version. */
  putUnreadable(value: string, reason: string, version: string): void {
    if (this.versions.get(value) === version) return;
    this.versions.set(value, version);
    this.warnOf(value, '', reason);
  }

  delete(value: string): void {
    this.versions.delete(value);
    const token = this.byValue.get(value);
    if (token === undefined) return;
    this.forget(token);
    this.listeners.tell({ kind: 'delete', token });
  }

  /**
   * Deletes what is not among `present`, some at a time: after everything that is there was {@link put}.
   * @param signal ends it early
   */
  async retainOnly(present: { has(value: string): boolean }, signal: AbortSignal): Promise<void> {
    const slices = new WorkSlices();
    for (const value of this.versions.keys()) {
      if (slices.isOver()) await slices.rest();
      if (signal.aborted) return;
      if (!present.has(value)) this.delete(value);
    }
  }

  private forget(token: TunnelToken): void {
    this.byValue.delete(token.token);
    this.valuesById.delete(token.id);
    if (token.accountId !== undefined) {
      const siblings = this.byAccount.get(token.accountId);
      siblings?.delete(token.token);
      if (siblings?.size === 0) this.byAccount.delete(token.accountId);
    }
    this.sorted = undefined;
  }

  /** A value that somebody copied along with its `id` must not take another token's place. */
  private withOwnId(token: TunnelToken): TunnelToken {
    const owner = this.valuesById.get(token.id);
    if (owner === undefined || owner === token.token) return token;
    this.log.warn(
      { key: this.masked(token.token) },
      `the id of tunnel token ${this.masked(token.token)} is another token's; it goes by one derived from its value`,
    );
    return { ...token, id: derivedTunnelTokenId(token.token) };
  }

  private warnOf(value: string, field: string, reason: string): void {
    const kept = this.byValue.has(value) ? 'its last good value stays in force' : 'it is skipped';
    const subject = field === '' ? 'its value' : field;
    this.log.warn(
      { key: this.masked(value), field, reason },
      `tunnel token ${this.masked(value)} can't be read: ${subject} ${reason}; ${kept}`,
    );
  }

  private masked(value: string): string {
    return this.prefix + maskTunnelToken(value);
  }
}

/** By creation, those that don't say it last; ties by id. */
export function newestFirst(a: TunnelToken, b: TunnelToken): number {
  const later = (b.createdAt?.getTime() ?? 0) - (a.createdAt?.getTime() ?? 0);
  if (later !== 0) return later;
  return a.id < b.id ? -1 : Number(a.id > b.id);
}

import type { Clock, TunnelTokenRecord, TunnelTokenRecords } from '@tollgate/domain';
import type { Log } from '@tollgate/observability';
import { ShardedMap } from '../sharded-map';
import { SourceStatus } from '../source-status';
import { TenantTokenSource, type TenantTokenSourceStatus, type TunnelTokenChange } from '../tenant-token-source';
import { TokenBook } from '../token-book';
import type { TunnelToken } from '../tunnel-token';
import { WorkSlices } from '../work-slices';
import { EMBEDDED_LIMITS } from './limits';
import { sealOwner, type TokenSealer } from './token-sealer';

/** Tokens in the embedded record store, which says when any process may have changed them. */
export class EmbeddedTenantTokenSource extends TenantTokenSource {
  readonly book: TokenBook;
  private readonly sourceStatus: SourceStatus;
  /** Values by hash in hex: a deletion says no more than the hash, and nothing need be opened twice. */
  private readonly values = new ShardedMap<string>();
  /** Versions, by hash in hex, of records that don't open. */
  private readonly sealedShut = new Map<string, number>();
  private seq = -1;
  private unsubscribe: (() => void) | undefined;
  private retry: NodeJS.Timeout | undefined;
  private refreshing: Promise<void> | undefined;
  private refreshAgain: Promise<void> | undefined;
  private closed = false;

  constructor(
    private readonly records: TunnelTokenRecords,
    private readonly sealer: TokenSealer,
    private readonly log: Log,
    clock: Clock,
  ) {
    super();
    this.book = new TokenBook(log, '');
    this.sourceStatus = new SourceStatus(clock, log);
  }

  override get tokens(): ReadonlyMap<string, TunnelToken> {
    return this.book.tokens;
  }

  override get status(): TenantTokenSourceStatus {
    return this.sourceStatus.current;
  }

  override onChange(listener: (change: TunnelTokenChange) => void): () => void {
    return this.book.onChange(listener);
  }

  override onStatus(listener: (status: TenantTokenSourceStatus) => void): () => void {
    return this.sourceStatus.onStatus(listener);
  }

  override async start(): Promise<void> {
    this.unsubscribe ??= this.records.subscribe(() => {
      void this.refresh();
    });
    await this.refresh();
  }

  override async close(): Promise<void> {
    this.closed = true;
    this.unsubscribe?.();
    clearTimeout(this.retry);
    await this.refreshAgain;
    await this.refreshing;
  }

  /** Brings in whatever was committed before the call. Never rejects: see {@link status}. */
  async refresh(): Promise<void> {
    // One that is under way may have looked too early.
    if (this.refreshing !== undefined) {
      this.refreshAgain ??= this.refreshing.then(async () => {
        this.refreshAgain = undefined;
        await this.refresh();
      });
      return this.refreshAgain;
    }
    this.refreshing = this.refreshOnce().finally(() => {
      this.refreshing = undefined;
    });
    return this.refreshing;
  }

  private async refreshOnce(): Promise<void> {
    if (this.closed) return;
    try {
      const { seq, hashes } = await this.records.listChanges(this.seq);
      if (hashes === 'all') await this.takeAll();
      else await this.takeEach(hashes);
      this.seq = seq;
      this.sourceStatus.live();
    } catch (error) {
      if (this.state !== 'stale' && this.state !== 'unavailable') {
        this.log.warn({ err: error }, 'the store of the tunnel tokens is away; they stay as they were last seen');
      }
      this.sourceStatus.lost();
      clearTimeout(this.retry);
      this.retry = setTimeout(() => void this.refresh(), EMBEDDED_LIMITS.retryMs).unref();
    }
  }

  private async takeAll(): Promise<void> {
    const present = new ShardedMap<true>();
    const slices = new WorkSlices();
    for (let after: Buffer | undefined; ;) {
      const page = await this.records.listAfter(after, EMBEDDED_LIMITS.pageRecords);
      for (const record of page) {
        if (slices.isOver()) await slices.rest();
        present.set(record.hash.toString('hex'), true);
        this.take(record);
      }
      after = page.at(-1)?.hash;
      if (after === undefined || this.closed) break;
      await slices.rest();
    }
    for (const known of [this.values, this.sealedShut]) {
      for (const hash of known.keys()) {
        if (slices.isOver()) await slices.rest();
        if (this.closed) return;
        if (!present.has(hash)) this.forget(hash);
      }
    }
  }

  private async takeEach(hashes: readonly Buffer[]): Promise<void> {
    const slices = new WorkSlices();
    for (const hash of hashes) {
      if (slices.isOver()) await slices.rest();
      if (this.closed) return;
      const record = await this.records.findByHash(hash);
      if (record === undefined) this.forget(hash.toString('hex'));
      else this.take(record);
    }
  }

  private take({ hash, document, sealed, version }: TunnelTokenRecord): void {
    const key = hash.toString('hex');
    let value = this.values.get(key);
    if (value === undefined) {
      if (this.sealedShut.get(key) === version) return;
      try {
        value = this.sealer.open(sealOwner(hash), sealed);
      } catch (error) {
        this.sealedShut.set(key, version);
        this.log.warn(
          { err: error, hash: key.slice(0, 8) },
          'the value of a tunnel token does not open; it is skipped',
        );
        return;
      }
      this.values.set(key, value);
      this.sealedShut.delete(key);
    }
    this.book.put(value, textOf(document, value), String(version));
  }

  private forget(key: string): void {
    this.sealedShut.delete(key);
    const value = this.values.get(key);
    if (value === undefined) return;
    this.values.delete(key);
    this.book.delete(value);
  }
}

/** The document with the value put back in. */
export function textOf(document: string, value: string): string {
  const token = JSON.stringify(value);
  return document === '{}' ? `{"token":${token}}` : document.replace(/^\{/, () => `{"token":${token},`);
}

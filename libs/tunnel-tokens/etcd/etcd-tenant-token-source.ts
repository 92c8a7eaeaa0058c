import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '@tollgate/domain';
import type { Log } from '@tollgate/observability';
import type { IEvent, IResponseHeader } from 'etcd3';
import { ShardedMap } from '../sharded-map';
import { SourceStatus } from '../source-status';
import { TenantTokenSource, type TenantTokenSourceStatus, type TunnelTokenChange } from '../tenant-token-source';
import { TokenBook } from '../token-book';
import type { TunnelToken } from '../tunnel-token';
import { WorkSlices } from '../work-slices';
import { DEFAULT_ETCD_PREFIX, type EtcdOptions } from './etcd-options';
import { EtcdSession } from './etcd-session';
import { KeyRange } from './key-range';
import { ETCD_LIMITS } from './limits';
import { RevisionWaiters } from './revision-waiters';
import { watchRange } from './watch-range';

/** Up to where the book is known to be right. */
interface Position {
  readonly clusterId: string;
  readonly revision: number;
}

/**
 * Tokens in etcd: a list of one revision, then a watch from it. A lost connection is made anew and the watch resumed
 * where it was; where etcd has compacted that away, or is another one by now, everything is read again and what differs
 * is told.
 */
export class EtcdTenantTokenSource extends TenantTokenSource {
  readonly book: TokenBook;
  readonly range: KeyRange;
  private readonly sourceStatus: SourceStatus;
  private readonly closing = new AbortController();
  private readonly seen = new RevisionWaiters();
  private readonly firstEndpoint: number;
  private running: Promise<void> | undefined;
  private position: Position | undefined;
  private session: EtcdSession | undefined;
  /** Counts the servers that were found to be others than before, whose revisions mean something else. */
  private epoch = 0;
  private failedRounds = 0;
  private outage = false;

  constructor(
    private readonly options: EtcdOptions,
    private readonly log: Log,
    clock: Clock,
  ) {
    super();
    if (options.endpoints.length === 0) throw new RangeError('no endpoint of etcd');
    this.range = new KeyRange(options.prefix ?? DEFAULT_ETCD_PREFIX);
    this.book = new TokenBook(log, this.range.prefix);
    this.sourceStatus = new SourceStatus(clock, log);
    this.firstEndpoint = randomInt(options.endpoints.length);
  }

  override get tokens(): ReadonlyMap<string, TunnelToken> {
    return this.book.tokens;
  }

  override get status(): TenantTokenSourceStatus {
    return this.sourceStatus.current;
  }

  /** The connection while it is live. */
  get liveSession(): EtcdSession | undefined {
    return this.state === 'live' ? this.session : undefined;
  }

  override onChange(listener: (change: TunnelTokenChange) => void): () => void {
    return this.book.onChange(listener);
  }

  override onStatus(listener: (status: TenantTokenSourceStatus) => void): () => void {
    return this.sourceStatus.onStatus(listener);
  }

  override async start(): Promise<void> {
    await new Promise<void>((resolve) => {
      const end = this.onStatus(() => {
        end();
        resolve();
      });
      this.running ??= this.run();
      if (this.state !== 'starting') resolve();
      void this.running.then(resolve);
    });
  }

  override async close(): Promise<void> {
    this.closing.abort();
    this.seen.releaseAll();
    await this.running;
  }

  /** Resolves when everything up to a revision is in the book, or `timeoutMs` have passed. */
  async untilSeen(revision: number, timeoutMs: number): Promise<void> {
    if ((this.position?.revision ?? 0) >= revision || this.closing.signal.aborted) return;
    await this.seen.wait(revision, timeoutMs);
  }

  /** Up to where the book is right; 0 before anything is known. */
  get revision(): number {
    return this.position?.revision ?? 0;
  }

  private async run(): Promise<void> {
    const { endpoints } = this.options;
    const { signal } = this.closing;
    for (let tries = this.firstEndpoint; !signal.aborted; tries += 1) {
      const endpoint = endpoints[tries % endpoints.length] ?? '';
      try {
        await this.follow(endpoint);
      } catch (error) {
        await this.failed(endpoint, error, (tries - this.firstEndpoint) % endpoints.length);
      }
    }
  }

  /** @param tried how many other servers were tried in this round */
  private async failed(endpoint: string, error: unknown, tried: number): Promise<void> {
    if (this.closing.signal.aborted) return;
    const wasLive = this.state === 'live';
    const roundEnds = tried === this.options.endpoints.length - 1;
    if (wasLive || roundEnds) this.sourceStatus.lost();
    const reason = error instanceof Error ? error.message : String(error);
    if (this.outage) {
      this.log.debug({ endpoint, reason }, 'etcd is still away');
    } else {
      this.outage = true;
      this.log.warn({ endpoint, reason }, `etcd is away: ${reason}; the tunnel tokens stay as they were last seen`);
    }
    if (!roundEnds) return;
    const longest = Math.min(
      ETCD_LIMITS.longestRetryMs,
      ETCD_LIMITS.firstRetryMs * 2 ** Math.min(this.failedRounds, 10),
    );
    this.failedRounds += 1;
    const waitMs = longest / 2 + randomInt(longest / 2 + 1);
    // Rejects when it is closed meanwhile, which the loop sees for itself.
    await pause(waitMs, undefined, { ref: false, signal: this.closing.signal }).catch(() => undefined);
  }

  /** Keeps the book right for as long as this server answers. */
  private async follow(endpoint: string): Promise<never> {
    const over = new AbortController();
    const session = EtcdSession.open(endpoint, this.options);
    const giveUp = (): void => {
      over.abort();
      session.close();
    };
    this.closing.signal.addEventListener('abort', giveUp, { once: true });
    this.session = session;
    let watching: Promise<unknown> | undefined;
    try {
      const { header } = await session.dial({ key: this.range.start });
      if (!this.canResume(header)) this.forgetPosition();
      const probing = this.probe(session, over.signal);
      // Whoever waits for it hears of it; while reading, the reading itself fails.
      probing.catch(() => undefined);
      for (;;) {
        const from = this.position ?? (await this.load(session, over.signal));
        this.position = from;
        this.seen.release(from.revision);
        watching = this.watch(session, from, over.signal);
        await Promise.race([watching, probing]);
        // Compacted: whatever was missed is found by comparing.
        this.forgetPosition();
        this.log.info({}, 'etcd has compacted the changes since the tunnel tokens were last seen; reading them all');
      }
    } finally {
      this.closing.signal.removeEventListener('abort', giveUp);
      giveUp();
      // It may still be taking in what it has heard.
      await watching?.catch(() => undefined);
    }
  }

  private canResume(header: IResponseHeader): boolean {
    const known = this.position;
    if (known === undefined) return false;
    if (known.clusterId === header.cluster_id && Number(header.revision) >= known.revision) return true;
    // Restored from a backup, or another cluster: its revisions can't be compared with those we know.
    this.epoch += 1;
    return false;
  }

  private forgetPosition(): void {
    this.position = undefined;
  }

  /** Reads every key as of one revision, a page at a time. */
  private async load(session: EtcdSession, signal: AbortSignal): Promise<Position> {
    const present = new ShardedMap<true>();
    const slices = new WorkSlices();
    let key = this.range.start;
    let position: Position | undefined;
    for (;;) {
      const page = await session.range({
        key,
        range_end: this.range.end,
        limit: ETCD_LIMITS.pageKeys,
        ...(position !== undefined && { revision: position.revision }),
      });
      position ??= { clusterId: page.header.cluster_id, revision: Number(page.header.revision) };
      // To read the answer took its time already.
      await slices.rest();
      for (const kv of page.kvs) {
        if (slices.isOver()) await slices.rest();
        const value = this.range.valueOf(kv.key);
        present.set(value, true);
        this.book.put(value, kv.value.toString('utf8'), this.versionOf(kv.mod_revision));
      }
      const last = page.kvs.at(-1);
      if (!page.more || last === undefined) break;
      key = Buffer.concat([last.key, Buffer.from([0])]);
    }
    await this.book.retainOnly(present, signal);
    signal.throwIfAborted();
    return position;
  }

  private async watch(session: EtcdSession, from: Position, signal: AbortSignal): Promise<'compacted'> {
    return watchRange(
      session,
      this.range,
      from.revision + 1,
      {
        onReady: () => {
          this.failedRounds = 0;
          if (this.outage) this.log.info({ tokens: this.tokens.size }, 'etcd is back');
          this.outage = false;
          this.sourceStatus.live();
        },
        onEvent: (event) => {
          this.take(event);
        },
        onRevision: (revision) => {
          this.position = { clusterId: from.clusterId, revision };
          this.seen.release(revision);
        },
      },
      signal,
    );
  }

  private take({ type, kv }: IEvent): void {
    const value = this.range.valueOf(kv.key);
    if (type === 'Delete') this.book.delete(value);
    else this.book.put(value, kv.value.toString('utf8'), this.versionOf(kv.mod_revision));
  }

  private versionOf(modRevision: string): string {
    return `${String(this.epoch)}:${modRevision}`;
  }

  /** Fails when the server does not answer in time, or has no quorum: neither is seen by the watch itself. */
  private async probe(session: EtcdSession, signal: AbortSignal): Promise<never> {
    for (;;) {
      await pause(ETCD_LIMITS.probeMs, undefined, { ref: false, signal });
      await session.range({ key: this.range.start, count_only: true });
    }
  }
}

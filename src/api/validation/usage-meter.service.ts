import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { TokenRepository, type TokenUsage, type UsageBatch, type UsageResult, randomBase62 } from '@tollgate/domain';
import { Log } from '@tollgate/observability';
import { PeriodicFlush } from './periodic-flush';
import type { UsageCounter } from './usage-counter';

const HOUR_MS = 3_600_000;
/** Entries of one batch. Making one takes the event loop about 2 ms; between two of them requests get their turn. */
const MAX_BATCH = 5_000;
/** Entries kept in batches that the store does not take; past it the oldest batch is given up. */
const MAX_WAITING = 200_000;

/** A token as it is counted; of one token there may be several, as it was loaded anew. */
export interface MeteredToken {
  readonly accountId: string;
  readonly tokenId: string;
  readonly use: UsageCounter;
}

/**
 * Told of each attempt to write a batch; must not throw.
 * @param entries tokens and hours in the batch
 * @param durationMs what the store took
 * @param ok whether it was written; otherwise it will be tried again
 */
export type FlushListener = (entries: number, durationMs: number, ok: boolean) => void;

/**
 * Counts uses in memory and writes them in batches, at most a second apart. A batch that the store refused stays as it
 * is, id included, and is repeated before any other, so that each use is counted once whatever became of the write.
 */
@Injectable()
export class UsageMeter implements OnApplicationBootstrap, OnModuleDestroy {
  /** For metrics. */
  onFlush: FlushListener | undefined = undefined;

  /** Tokens with counts; those before `end` of a flush are on their way into a batch. */
  private pending: MeteredToken[] = [];
  /** Counts of an hour that was over before they were collected. */
  private readonly moved: TokenUsage[] = [];
  /** Batches that were tried or must wait behind one that was, oldest first. */
  private readonly waiting: UsageBatch[] = [];
  private waitingEntries = 0;
  private givenUpEntries = 0;

  private hour = 0;
  private hourStartsMs = 0;
  private hourEndsMs = 0;

  /** With the count of batches, unique over all processes and restarts. */
  private readonly batchPrefix = randomBase62(22);
  private batches = 0;
  private readonly flushes = new PeriodicFlush(() => this.writeAll());

  constructor(
    private readonly tokens: TokenRepository,
    private readonly log: Log,
  ) {}

  /** Entries in batches that the store has not taken yet, and those given up since the process started. */
  get backlog(): { readonly waiting: number; readonly givenUp: number } {
    return { waiting: this.waitingEntries, givenUp: this.givenUpEntries };
  }

  onApplicationBootstrap(): void {
    this.flushes.start();
  }

  /** Counts one validation. */
  record(token: MeteredToken, result: UsageResult, nowMs: number): void {
    // Both ends: a clock may be set back.
    if (nowMs >= this.hourEndsMs || nowMs < this.hourStartsMs) this.startHour(nowMs);
    const { use } = token;
    if (use.hour !== this.hour) this.moveOn(token);
    if (!use.isPending) {
      use.isPending = true;
      this.pending.push(token);
    }
    use.add(result, nowMs);
  }

  /** Writes what has been counted before; never throws. What the store refuses is kept for the next time. */
  async flush(): Promise<void> {
    await this.flushes.now();
  }

  async onModuleDestroy(): Promise<void> {
    if (await this.flushes.stop()) return;
    const entries = this.waitingEntries + this.moved.length + this.pending.length;
    this.log.error({ entries }, 'usage counts were lost: the store did not take them before the process ended');
  }

  private startHour(nowMs: number): void {
    this.hour = Math.floor(nowMs / HOUR_MS);
    this.hourStartsMs = this.hour * HOUR_MS;
    this.hourEndsMs = this.hourStartsMs + HOUR_MS;
  }

  /** Puts a token's counts of another hour aside, one token at a time: an hour's end is no moment of much work. */
  private moveOn(token: MeteredToken): void {
    const usage = takeUsage(token);
    if (usage !== undefined) this.moved.push(usage);
    token.use.hour = this.hour;
  }

  /** @returns whether everything that waited at the start was written */
  private async writeAll(): Promise<boolean> {
    // Not what is counted meanwhile: that would go on for ever, in batches of a few.
    const end = this.pending.length;
    let collected = 0;
    let ok = true;
    while (ok && (this.waiting.length > 0 || this.moved.length > 0 || collected < end)) {
      if (this.waiting.length === 0) collected += this.makeBatch(end - collected, collected);
      ok = await this.writeOldest();
    }
    this.pending = this.pending.slice(collected);
    if (!ok) await this.bound();
    return ok;
  }

  /**
   * Makes a batch of what was put aside, and of pending tokens.
   * @param most how many pending tokens may be taken
   * @param from the first of them
   * @returns how many were
   */
  private makeBatch(most: number, from: number): number {
    const entries = this.moved.splice(0, MAX_BATCH);
    const count = Math.min(most, MAX_BATCH - entries.length);
    for (let index = from; index < from + count; index += 1) {
      const token = this.pending[index];
      const usage = token === undefined ? undefined : takeUsage(token);
      if (usage !== undefined) entries.push(usage);
      if (token !== undefined) token.use.isPending = false;
    }
    if (entries.length > 0) {
      this.batches += 1;
      this.waiting.push({ id: `${this.batchPrefix}-${String(this.batches)}`, entries });
      this.waitingEntries += entries.length;
    }
    return count;
  }

  private async writeOldest(): Promise<boolean> {
    const [batch] = this.waiting;
    if (batch === undefined) return true;
    const entries = batch.entries.length;
    const began = performance.now();
    let ok = true;
    try {
      await this.tokens.recordUsage(batch);
      this.dropOldest();
    } catch (error) {
      ok = false;
      this.log.warn({ err: error, entries }, 'usage could not be written; it is kept');
    }
    this.onFlush?.(entries, performance.now() - began, ok);
    return ok;
  }

  /**
   * While the store is away, counts go on adding up beside their tokens. Only when many tokens wait do they become
   * batches, which can be counted and given up.
   */
  private async bound(): Promise<void> {
    while (this.pending.length + this.moved.length >= MAX_BATCH) {
      this.pending = this.pending.slice(this.makeBatch(this.pending.length, 0));
      await new Promise((resolve) => setImmediate(resolve));
    }
    let surplus = 0;
    while (this.waitingEntries > MAX_WAITING) surplus += this.dropOldest();
    this.givenUpEntries += surplus;
    if (surplus > 0) {
      this.log.error({ entries: surplus }, 'usage counts were given up: the store has been away for too long');
    }
  }

  private dropOldest(): number {
    const entries = this.waiting.shift()?.entries.length ?? 0;
    this.waitingEntries -= entries;
    return entries;
  }
}

function takeUsage({ accountId, tokenId, use }: MeteredToken): TokenUsage | undefined {
  const counts = use.take();
  if (counts === undefined) return undefined;
  const { hour } = use;
  return (counts.valid ?? 0) > 0
    ? { accountId, tokenId, hour, counts, lastUsedAt: new Date(use.lastUsedMs) }
    : { accountId, tokenId, hour, counts };
}

import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { TokenRepository, type TokenUsage } from '@tollgate/domain';
import { Log } from '@tollgate/observability';
import type { ValidationEntry } from './validation-entry';

/** How old a count may get before it is written. */
const FLUSH_INTERVAL_MS = 1_000;
const DAY_MS = 86_400_000;
/** Batches kept while the store does not take them; past it the oldest counts are given up and said so. */
const MAX_WAITING = 200_000;

/** Counts uses in memory and writes them in batches, one write per batch, at most a second apart. */
@Injectable()
export class UsageMeter implements OnApplicationBootstrap, OnModuleDestroy {
  /** Entries with uses since the last flush. */
  private used: ValidationEntry[] = [];
  private waiting: TokenUsage[] = [];
  private flushing: Promise<void> | undefined;
  private dayEndsMs = 0;
  private day = '';
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly tokens: TokenRepository,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.flush(), FLUSH_INTERVAL_MS).unref();
  }

  /** Counts one use. */
  record(entry: ValidationEntry, nowMs: number): void {
    if (nowMs >= this.dayEndsMs) this.startDay(nowMs);
    if (entry.unflushed === 0) this.used.push(entry);
    entry.unflushed += 1;
    entry.lastUsedMs = nowMs;
  }

  /** Writes what has been counted; never throws. What the store refuses is kept for the next time. */
  async flush(): Promise<void> {
    while (this.flushing !== undefined) await this.flushing;
    this.collect();
    if (this.waiting.length === 0) return;
    const batch = this.waiting;
    this.waiting = [];
    this.flushing = this.write(batch).finally(() => {
      this.flushing = undefined;
    });
    await this.flushing;
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.flush();
  }

  private async write(batch: TokenUsage[]): Promise<void> {
    try {
      await this.tokens.recordUsage(batch);
    } catch (error) {
      this.log.warn({ err: error, tokens: batch.length }, 'usage could not be written; it is kept');
      this.waiting = [...batch, ...this.waiting];
      const surplus = this.waiting.length - MAX_WAITING;
      if (surplus > 0) {
        this.waiting.splice(0, surplus);
        this.log.error({ surplus }, 'usage counts were given up: the store has been away for too long');
      }
    }
  }

  private collect(): void {
    for (const entry of this.used) {
      this.waiting.push({
        accountId: entry.accountId,
        tokenId: entry.tokenId,
        day: this.day,
        requests: entry.unflushed,
        lastUsedAt: new Date(entry.lastUsedMs),
      });
      entry.unflushed = 0;
    }
    this.used = [];
  }

  /** Uses up to midnight belong to the day that ends. */
  private startDay(nowMs: number): void {
    this.collect();
    this.day = new Date(nowMs).toISOString().slice(0, 10);
    this.dayEndsMs = (Math.floor(nowMs / DAY_MS) + 1) * DAY_MS;
  }
}

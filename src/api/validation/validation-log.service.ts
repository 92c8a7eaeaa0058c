import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import {
  Clock,
  type UsageResult,
  ValidationLogRepository,
  type ValidationRecord,
  newValidationId,
} from '@tollgate/domain';
import { Log } from '@tollgate/observability';
import type { Caller } from '../http/caller';
import { PeriodicFlush } from './periodic-flush';
import type { FlushListener } from './usage-meter.service';

/** Bounds of what waits in memory; `docs/limits.md` lists them. */
export const VALIDATION_LOG_LIMITS = {
  /** Records of one write. */
  batch: 5_000,
  /** Records waiting for the store; past it new ones are left out. */
  waiting: 50_000,
  /** How often the log may say that records were left out. */
  complaintIntervalMs: 60_000,
} as const;

/** A token as the log sees it. */
export interface LoggedToken {
  readonly accountId: string;
  readonly tokenId: string;
  /** How long its account wants records kept; `undefined`: it wants none. */
  readonly logRetentionMs: number | undefined;
}

/**
 * Writes down each validation for the accounts that asked for it, in batches, at most a second apart. What the store
 * refuses is repeated; it tells repetitions by their ids.
 */
@Injectable()
export class ValidationLog implements OnApplicationBootstrap, OnModuleDestroy {
  /** For metrics; entries are records. */
  onFlush: FlushListener | undefined = undefined;

  private readonly waiting: ValidationRecord[] = [];
  private leftOut = 0;
  private leftOutEver = 0;
  private quietUntilMs = 0;
  private readonly flushes = new PeriodicFlush(() => this.writeAll());

  constructor(
    private readonly records: ValidationLogRepository,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /** Records that wait for the store, and those left out since the process started. */
  get backlog(): { readonly waiting: number; readonly leftOut: number } {
    return { waiting: this.waiting.length, leftOut: this.leftOutEver };
  }

  onApplicationBootstrap(): void {
    this.flushes.start();
  }

  /**
   * Notes one validation; does nothing for an account that did not ask for it.
   * @param scopes those that were asked for
   * @param caller asked only when the validation is written down
   */
  record(
    token: LoggedToken,
    result: UsageResult,
    scopes: readonly string[],
    caller: () => Caller,
    nowMs: number,
  ): void {
    const { accountId, tokenId, logRetentionMs } = token;
    if (logRetentionMs === undefined) return;
    if (this.waiting.length >= VALIDATION_LOG_LIMITS.waiting) {
      this.leftOut += 1;
      this.leftOutEver += 1;
      this.complain();
      return;
    }
    const { ip, userAgent } = caller();
    const at = new Date(nowMs);
    const purgeAt = new Date(nowMs + logRetentionMs);
    this.waiting.push({ id: newValidationId(), accountId, tokenId, at, result, scopes, ip, userAgent, purgeAt });
    // A full batch need not wait for the second to end.
    if (this.waiting.length === VALIDATION_LOG_LIMITS.batch) void this.flush();
  }

  /** Writes what was noted before; never throws. What the store refuses is kept for the next time. */
  async flush(): Promise<void> {
    await this.flushes.now();
  }

  async onModuleDestroy(): Promise<void> {
    const isWritten = await this.flushes.stop();
    const lost = this.leftOut + (isWritten ? 0 : this.waiting.length);
    if (lost > 0) this.log.error({ records: lost }, 'validations are missing in the validation log');
  }

  /** @returns whether everything that waited at the start was written */
  private async writeAll(): Promise<boolean> {
    let left = this.waiting.length;
    while (left > 0) {
      const batch = this.waiting.slice(0, Math.min(left, VALIDATION_LOG_LIMITS.batch));
      const began = performance.now();
      try {
        await this.records.append(batch);
      } catch (error) {
        this.onFlush?.(batch.length, performance.now() - began, false);
        this.log.warn({ err: error, records: batch.length }, 'validations could not be written down; they are kept');
        return false;
      }
      this.onFlush?.(batch.length, performance.now() - began, true);
      this.waiting.splice(0, batch.length);
      left -= batch.length;
    }
    if (this.leftOut > 0) this.complain();
    return true;
  }

  private complain(): void {
    const nowMs = this.clock.nowMs();
    if (nowMs < this.quietUntilMs) return;
    this.quietUntilMs = nowMs + VALIDATION_LOG_LIMITS.complaintIntervalMs;
    this.log.error({ records: this.leftOut }, 'validations were left out of the validation log: too many wait');
    this.leftOut = 0;
  }
}

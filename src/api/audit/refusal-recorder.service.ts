import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { type AuditAction, type AuditData, Clock } from '@tollgate/domain';
import { Log } from '@tollgate/observability';
import { LRUCache } from 'lru-cache';
import type { Caller } from '../http/caller';
import { AuditTrail } from './audit-trail.service';

/** Bounds on what strangers can make us write; `docs/limits.md` lists them. */
export const REFUSAL_LIMITS = {
  windowMs: 60_000,
  /** Records per window from one address, or from one account that has proved itself. */
  perSource: 20,
  /** Records per window from all addresses together. */
  total: 600,
  /** Addresses and accounts remembered; past it the longest unheard of is forgotten. */
  sources: 10_000,
  /** Records being written at once; past it they count as suppressed. */
  inFlight: 500,
} as const;

interface Refusal {
  readonly action: AuditAction;
  readonly accountId: string;
  /** Whether the account proved itself, rather than being claimed: it is then not silenced by others at its address. */
  readonly isProved?: boolean;
  readonly resourceId?: string;
  readonly caller: Caller;
  readonly errorMessage: string;
  readonly data?: AuditData;
}

/**
 * Records refused authentications and failed actions, at most so many per source and in all, so that nobody can fill
 * the disk by failing. What was left out is counted, and the count is recorded once a minute.
 */
@Injectable()
export class RefusalRecorder implements OnModuleDestroy {
  private readonly perSource = new LRUCache<string, { count: number }>({ max: REFUSAL_LIMITS.sources });
  private readonly inFlight = new Set<Promise<void>>();
  private windowEndsMs = 0;
  private recorded = 0;
  private suppressed = 0;

  constructor(
    private readonly audit: AuditTrail,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /** @param accountId the account that was claimed, where it exists */
  recordAuthentication(caller: Caller, errorMessage: string, accountId = ''): void {
    this.record({ action: 'authenticate', accountId, caller, errorMessage });
  }

  /** Never waits for the store: a refusal must not be slower than an answer. */
  record(refusal: Refusal): void {
    this.rollWindow();
    const key = refusal.isProved === true ? refusal.accountId : refusal.caller.ip;
    const source = this.perSource.get(key) ?? { count: 0 };
    source.count += 1;
    this.perSource.set(key, source);
    const over =
      source.count > REFUSAL_LIMITS.perSource ||
      this.recorded >= REFUSAL_LIMITS.total ||
      this.inFlight.size >= REFUSAL_LIMITS.inFlight;
    if (over) this.suppressed += 1;
    else this.write(refusal);
  }

  /** Ends a window that nobody's refusal ends. */
  @Interval(REFUSAL_LIMITS.windowMs)
  rollWindow(): void {
    const nowMs = this.clock.nowMs();
    if (nowMs < this.windowEndsMs) return;
    const { suppressed } = this;
    this.windowEndsMs = nowMs + REFUSAL_LIMITS.windowMs;
    this.recorded = 0;
    this.suppressed = 0;
    this.perSource.clear();
    if (suppressed > 0) this.writeSummary(suppressed);
  }

  /** Waits until everything begun is written. */
  async onModuleDestroy(): Promise<void> {
    if (this.suppressed > 0) this.writeSummary(this.suppressed);
    this.suppressed = 0;
    await Promise.all(this.inFlight);
  }

  private writeSummary(suppressed: number): void {
    this.write({
      action: 'authenticate',
      accountId: '',
      caller: { ip: '', userAgent: '' },
      errorMessage: 'refusals left out of the audit trail',
      data: { suppressed },
    });
  }

  private write(refusal: Refusal): void {
    this.recorded += 1;
    const writing = this.audit
      .append(refusal)
      .catch((error: unknown) => {
        this.log.warn({ err: error }, 'a refusal could not be recorded');
      })
      .finally(() => this.inFlight.delete(writing));
    this.inFlight.add(writing);
  }
}

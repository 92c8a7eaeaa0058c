import type { Log } from '@tollgate/observability';
import { TRAFFIC_LIMITS } from './limits';
import type { OutboxReport } from './outbox-state';
import type { SendOutcome } from './report-sender';
import { retryDelayMs } from './retry-schedule';
import type { TrafficOutbox } from './traffic-outbox';
import type { TrafficReport } from './traffic-report';

export interface TrafficReporterParts {
  readonly outbox: TrafficOutbox;
  readonly sender: { send(report: TrafficReport): Promise<SendOutcome> };
  readonly parked: { add(report: TrafficReport, status: number): Promise<void> };
  readonly log: Log;
  /** Monotone milliseconds. */
  readonly nowMs: () => number;
  /** From 0 to 1. */
  readonly random: () => number;
}

interface Failing {
  failures: number;
  retryAtMs: number;
}

/**
 * Sends the outbox's reports until each is taken. One that fails waits for itself; when so many have failed in a row as may be
 * on their way at once, the receiver is taken to be away, and only one at a time tries whether it is back.
 */
export class TrafficReporter {
  private readonly sending = new Set<OutboxReport>();
  private readonly failing = new Map<OutboxReport, Failing>();
  private failuresInRow = 0;
  /** Since the receiver is taken to be away: of those that tried whether it is back, and the one that told. */
  private awayFailures = 0;
  private pausedUntilMs = Number.NEGATIVE_INFINITY;
  private isStopped = false;
  private whenIdle: (() => void) | undefined;
  private sentCount = 0;
  private failedCount = 0;
  private parkedCount = 0;

  constructor(private readonly parts: TrafficReporterParts) {}

  /** Reports that were taken, in this run. */
  get sent(): number {
    return this.sentCount;
  }

  /** Tries that failed and are repeated, in this run. */
  get failed(): number {
    return this.failedCount;
  }

  /** Reports that were put aside because the receiver will never take them, in this run. */
  get parked(): number {
    return this.parkedCount;
  }

  /** Starts what may be started. Call a few times a second, and after each flush of the outbox. */
  tick(): void {
    const nowMs = this.parts.nowMs();
    const free = this.isAway ? 1 - this.sending.size : TRAFFIC_LIMITS.sends - this.sending.size;
    if (this.isStopped || free <= 0 || nowMs < this.pausedUntilMs) return;
    for (const report of this.pick(free, nowMs)) void this.send(report);
  }

  /** Starts no more. Resolves when nothing is on its way. */
  async stop(): Promise<void> {
    this.isStopped = true;
    if (this.sending.size === 0) return;
    await new Promise<void>((resolve) => {
      this.whenIdle = resolve;
    });
  }

  private get isAway(): boolean {
    return this.failuresInRow >= TRAFFIC_LIMITS.sends;
  }

  private pick(count: number, nowMs: number): OutboxReport[] {
    if (this.isAway) return this.pickProbe();
    const picked: OutboxReport[] = [];
    for (const report of this.parts.outbox.reports) {
      if (picked.length >= count) break;
      if (!this.isReady(report) || nowMs < (this.failing.get(report)?.retryAtMs ?? nowMs)) continue;
      picked.push(report);
    }
    return picked;
  }

  /**
   * While the receiver is away any report may be the one that tries. They take turns, those that were not tried yet first: it may be a
   * single one that it can't take, which must not stand in the way of the others.
   */
  private pickProbe(): OutboxReport[] {
    let probe: OutboxReport | undefined;
    let earliestMs = Number.POSITIVE_INFINITY;
    for (const report of this.parts.outbox.reports) {
      if (!this.isReady(report)) continue;
      const failure = this.failing.get(report);
      if (failure === undefined) return [report];
      if (failure.retryAtMs >= earliestMs) continue;
      probe = report;
      earliestMs = failure.retryAtMs;
    }
    return probe === undefined ? [] : [probe];
  }

  private isReady(report: OutboxReport): boolean {
    return !this.sending.has(report) && this.parts.outbox.isDurable(report);
  }

  private async send(report: OutboxReport): Promise<void> {
    this.parts.outbox.freeze(report);
    this.sending.add(report);
    const isProbe = this.isAway;
    const outcome = await this.parts.sender.send(report);
    if (outcome.kind === 'failed') this.noteFailure(report, outcome, isProbe);
    else await this.settle(report, outcome);
    this.sending.delete(report);
    if (this.sending.size === 0) this.whenIdle?.();
    this.tick();
  }

  private async settle(report: OutboxReport, outcome: Exclude<SendOutcome, { kind: 'failed' }>): Promise<void> {
    const wasAway = this.isAway;
    this.failuresInRow = 0;
    this.awayFailures = 0;
    this.failing.delete(report);
    if (wasAway) {
      this.failing.clear();
      this.parts.log.info({}, 'the receiver of traffic reports answers again');
    }
    if (outcome.kind === 'accepted') {
      this.sentCount += 1;
      this.parts.outbox.done(report, outcome.month);
    } else if (await this.park(report, outcome.status)) this.parts.outbox.putAside(report);
  }

  /** @returns whether it is put aside; if not, it stays in the outbox and is tried again */
  private async park(report: OutboxReport, status: number): Promise<boolean> {
    const { log, parked, nowMs } = this.parts;
    const { tokenId, proxyName, inBytes, outBytes } = report;
    try {
      await parked.add(report, status);
    } catch (error) {
      log.error({ err: error, tokenId }, 'a traffic report that the receiver refuses cannot be put aside');
      this.failing.set(report, { failures: 1, retryAtMs: nowMs() + TRAFFIC_LIMITS.longestRetryMs });
      return false;
    }
    this.parkedCount += 1;
    log.warn(
      { status, tokenId, proxyName, inBytes, outBytes },
      'the receiver refuses a traffic report; it is put aside',
    );
    return true;
  }

  private noteFailure(
    report: OutboxReport,
    { reason, retryAfterMs = 0 }: SendOutcome & { kind: 'failed' },
    isProbe: boolean,
  ): void {
    const { log, nowMs, random } = this.parts;
    this.failedCount += 1;
    this.failuresInRow += 1;
    const failures = (this.failing.get(report)?.failures ?? 0) + 1;
    const ownMs = Math.max(retryAfterMs, retryDelayMs(failures, random(), TRAFFIC_LIMITS.longestOwnRetryMs));
    this.failing.set(report, { failures, retryAtMs: nowMs() + ownMs });
    const isNews = this.failuresInRow === TRAFFIC_LIMITS.sends;
    if (isNews)
      log.warn({ reason }, 'the receiver of traffic reports does not take them; they are kept and tried again');
    // Those that were on their way when it went tell nothing new.
    if (isNews || isProbe) this.awayFailures += 1;
    const awayMs = isNews || isProbe ? retryDelayMs(this.awayFailures, random(), TRAFFIC_LIMITS.longestRetryMs) : 0;
    this.pausedUntilMs = Math.max(this.pausedUntilMs, nowMs() + Math.max(retryAfterMs, awayMs));
  }
}

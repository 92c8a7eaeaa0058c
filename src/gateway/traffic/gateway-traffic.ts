import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Secret } from '@tollgate/config';
import type { Clock } from '@tollgate/domain';
import type { Log } from '@tollgate/observability';
import { FolderLock } from './folder-lock';
import { TRAFFIC_LIMITS } from './limits';
import { type MonthShare, MonthlyUsage, MonthlyUsageSource, OwnShareOnly } from './monthly-usage';
import { ParkedReports } from './parked-reports';
import { ReportSender } from './report-sender';
import { TrafficJournal } from './traffic-journal';
import { TrafficMeter } from './traffic-meter';
import { TrafficOutbox } from './traffic-outbox';
import { TrafficReporter } from './traffic-reporter';

const DRAIN_STEP_MS = 20;

export interface GatewayTrafficOptions {
  /** `DATA_DIR/gateway/traffic-outbox`; of several workers each has one of its own below it. Made when missing. */
  readonly folder: string;
  readonly region: string;
  /** Absent: nothing is reported, and what an earlier run has left stays. */
  readonly reportUrl?: string;
  readonly reportKey?: Secret;
  /** Of earlier runs in another number of processes: what they hold is sent, and counts into months. None by default. */
  readonly leftFolders?: readonly string[];
  /** For one report; 10 s unless given. */
  readonly sendTimeoutMs?: number;
  /** Counts what other gateways have moved; by default they are left out. */
  readonly elsewhere?: MonthlyUsageSource;
  /** See {@link TrafficMeter}. */
  readonly onMoved?: (tokenId: string, inBytes: number, outBytes: number) => void;
}

/** For `/metrics` and health. */
export interface TrafficReadings {
  /** Reports that are not acknowledged. */
  readonly outboxReports: number;
  readonly outboxOldestSeconds: number;
  readonly outboxFileBytes: number;
  /** For how long the outbox cannot be written; 0 when it can. */
  readonly outboxFailingSeconds: number;
  readonly sent: number;
  readonly failed: number;
  readonly parked: number;
  readonly quotaWarned: number;
  readonly quotaUsedUp: number;
}

/** All of a gateway's accounting: counters, outbox, reports and months, on one timer. */
export class GatewayTraffic {
  private timer: NodeJS.Timeout | undefined;
  private flushedMs = Number.NEGATIVE_INFINITY;
  private closed: Promise<void> | undefined;

  private constructor(
    readonly meter: TrafficMeter,
    readonly usage: MonthlyUsage,
    private readonly outbox: TrafficOutbox,
    private readonly reporter: TrafficReporter | undefined,
    private readonly sender: ReportSender | undefined,
    private readonly lock: FolderLock,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly left: readonly GatewayTraffic[],
  ) {}

  /**
   * Opens the outbox, and takes up what an earlier run has left. {@link start} is still to be called.
   * @throws FolderInUseError, or the file system's errors
   */
  static async open(options: GatewayTrafficOptions, clock: Clock, log: Log): Promise<GatewayTraffic> {
    const { folder, leftFolders = [], region, reportUrl, reportKey, sendTimeoutMs, onMoved } = options;
    const left: GatewayTraffic[] = [];
    const elsewhere = new LeftShares(left, options.elsewhere ?? new OwnShareOnly());
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const { folderWaitMs: waitMs, folderRetryMs: retryMs } = TRAFFIC_LIMITS;
    const lock = await FolderLock.take(folder, { waitMs, retryMs });
    try {
      const outbox = await TrafficOutbox.open(new TrafficJournal(join(folder, 'journal')), clock, log);
      const isReporting = reportUrl !== undefined;
      if (isReporting) outbox.reportRemainders();
      const sender = isReporting
        ? new ReportSender(
            { url: reportUrl, key: reportKey, ...(sendTimeoutMs !== undefined && { timeoutMs: sendTimeoutMs }) },
            clock,
          )
        : undefined;
      const parked = new ParkedReports(join(folder, 'parked.jsonl'));
      const nowMs = (): number => performance.now();
      const reporter =
        sender && new TrafficReporter({ outbox, sender, parked, log, nowMs, random: () => Math.random() });
      const usage = new MonthlyUsage(outbox, elsewhere, log);
      const meter = new TrafficMeter(outbox, usage, clock, {
        region,
        isReporting,
        ...(onMoved === undefined ? {} : { onMoved }),
      });
      for (const leftFolder of leftFolders) {
        left.push(await GatewayTraffic.open({ ...options, folder: leftFolder, leftFolders: [] }, clock, log));
      }
      return new GatewayTraffic(meter, usage, outbox, reporter, sender, lock, clock, log, left);
    } catch (error) {
      await Promise.all(left.map((each) => each.close()));
      await lock.release();
      throw error;
    }
  }

  start(): void {
    this.timer ??= setInterval(() => {
      this.tick(performance.now());
    }, TRAFFIC_LIMITS.tickMs);
    for (const each of this.left) each.start();
  }

  /**
   * One round; by itself four times a second when started.
   * @param nowMs monotone milliseconds
   */
  tick(nowMs: number): void {
    this.meter.tick(nowMs);
    if (nowMs - this.flushedMs >= TRAFFIC_LIMITS.flushMs) {
      this.flushedMs = nowMs;
      void this.outbox.flush().then(() => this.reporter?.tick());
    } else {
      this.reporter?.tick();
    }
  }

  readings(): TrafficReadings {
    return this.left.map((each) => each.readings()).reduce(addReadings, this.ownReadings());
  }

  /**
   * @param limitKey see `limitKeyOf`
   * @param month see `monthOf`
   */
  monthShare(limitKey: string, month: number): MonthShare {
    const { bytes = 0, acknowledged = 0, inFlight = 0 } = this.outbox.findMonth(limitKey, month) ?? {};
    // The receiver may have counted what it has not acknowledged: then it is in what it tells.
    const settled = acknowledged + inFlight;
    // What was counted at the end of a month may be reported in the next one.
    return { acknowledged: settled, rest: Math.max(0, bytes - settled) };
  }

  /** Call when every connection is closed: writes all that was counted, sends what it can in 3 s, and lets the folder go. */
  async close(): Promise<void> {
    this.closed ??= Promise.all([this.closeOnce(), ...this.left.map((each) => each.close())]).then(() => undefined);
    return this.closed;
  }

  private ownReadings(): TrafficReadings {
    const { outbox, reporter, usage } = this;
    const { failingSince } = outbox;
    return {
      outboxReports: outbox.reportCount,
      outboxOldestSeconds: outbox.oldestAgeSeconds,
      outboxFileBytes: outbox.fileBytes,
      outboxFailingSeconds: failingSince === undefined ? 0 : Math.max(0, (this.clock.nowMs() - failingSince) / 1_000),
      sent: reporter?.sent ?? 0,
      failed: reporter?.failed ?? 0,
      parked: reporter?.parked ?? 0,
      quotaWarned: usage.warned,
      quotaUsedUp: usage.usedUp,
    };
  }

  private async closeOnce(): Promise<void> {
    clearInterval(this.timer);
    this.meter.takeAll();
    await this.outbox.flush();
    // A flush that was under way may have begun before the last counts.
    await this.outbox.flush();
    if (this.reporter !== undefined) await this.drain(this.reporter);
    if (!(await this.outbox.close())) this.log.error({}, 'traffic that was counted last could not be written');
    await this.lock.release();
  }

  private async drain(reporter: TrafficReporter): Promise<void> {
    const deadline = performance.now() + TRAFFIC_LIMITS.drainMs;
    reporter.tick();
    while (this.outbox.reportCount > 0 && performance.now() < deadline) {
      await wait(DRAIN_STEP_MS);
      reporter.tick();
    }
    const stopped = reporter.stop();
    this.sender?.close();
    await stopped;
    const left = this.outbox.reportCount;
    if (left > 0) this.log.info({ reports: left }, 'traffic reports are left for the next start');
  }
}

/** What earlier runs have counted in folders of their own, beside what is counted elsewhere. */
class LeftShares extends MonthlyUsageSource {
  constructor(
    private readonly left: readonly GatewayTraffic[],
    private readonly others: MonthlyUsageSource,
  ) {
    super();
  }

  override shareOf(limitKey: string, month: number): MonthShare {
    return this.left
      .map((each) => each.monthShare(limitKey, month))
      .reduce(
        (sum, { acknowledged, rest }) => ({ acknowledged: sum.acknowledged + acknowledged, rest: sum.rest + rest }),
        this.others.shareOf(limitKey, month),
      );
  }
}

function addReadings(one: TrafficReadings, other: TrafficReadings): TrafficReadings {
  return {
    outboxReports: one.outboxReports + other.outboxReports,
    outboxOldestSeconds: Math.max(one.outboxOldestSeconds, other.outboxOldestSeconds),
    outboxFileBytes: one.outboxFileBytes + other.outboxFileBytes,
    outboxFailingSeconds: Math.max(one.outboxFailingSeconds, other.outboxFailingSeconds),
    sent: one.sent + other.sent,
    failed: one.failed + other.failed,
    parked: one.parked + other.parked,
    quotaWarned: one.quotaWarned + other.quotaWarned,
    quotaUsedUp: one.quotaUsedUp + other.quotaUsedUp,
  };
}

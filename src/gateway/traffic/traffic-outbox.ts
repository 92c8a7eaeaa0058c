import { type Clock, randomHex } from '@tollgate/domain';
import type { Log } from '@tollgate/observability';
import { journalLine } from './journal-line';
import { OTHER_PROXIES, TRAFFIC_LIMITS } from './limits';
import { type MonthTotal, monthOf, type QuotaLevel } from './month-totals';
import type { OutboxRecord } from './outbox-record';
import { type OutboxReport, OutboxState, type OutboxSubject, reportRecord, subjectRecord } from './outbox-state';
import type { ReceivedMonth } from './received-month';
import type { TrafficJournal } from './traffic-journal';
import type { TrafficSubject } from './traffic-report';

const SECOND_MS = 1_000;
const KEY_BYTES = 16;

/** Bytes in both directions. */
export interface TrafficAmount {
  readonly inBytes: number;
  readonly outBytes: number;
}

interface Uncounted {
  /** To be reported. */
  inBytes: number;
  outBytes: number;
  /** Counted into the month only. */
  unreportedIn: number;
  unreportedOut: number;
}

/**
 * What was counted and is not acknowledged, and each token's month; in memory, and in a journal that is at most a flush behind.
 *
 * A report is `waiting` until it is on the disk, then it may be sent (`freeze`: from then on key and content are what they
 * are), until it is done. A crash in between leads to a repetition with the same key, never to another report.
 */
export class TrafficOutbox {
  private readonly uncounted = new Map<OutboxSubject, Uncounted>();
  private lines: string[] = [];
  /** Number of the last line that was made, and of the last that is on the disk. */
  private line = 0;
  private durableLine = 0;
  private mustRewrite = true;
  private rewrittenBytes = 0;
  private running: Promise<boolean> | undefined;
  private failingSinceMs: number | undefined;

  private constructor(
    private readonly journal: TrafficJournal,
    private readonly state: OutboxState,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /**
   * Reads what an earlier run has left.
   * @throws when the file cannot be read or written
   */
  static async open(journal: TrafficJournal, clock: Clock, log: Log): Promise<TrafficOutbox> {
    const { records, tornBytes, damagedCopy } = await journal.read();
    const state = new OutboxState();
    for (const record of records) state.apply(record as OutboxRecord);
    // Whether they were sent is not known: they go as they are.
    for (const report of state.reports.values()) state.freeze(report);
    if (damagedCopy !== undefined) {
      log.error(
        { copy: damagedCopy, bytes: tornBytes },
        'the traffic outbox is damaged: what follows the damage is lost',
      );
    } else if (tornBytes > 0) {
      log.info({ bytes: tornBytes }, 'the traffic outbox ended in the middle of a record');
    }
    const outbox = new TrafficOutbox(journal, state, clock, log);
    if (!(await outbox.flush())) throw new Error('the traffic outbox cannot be written');
    return outbox;
  }

  /** Reports that are to be sent, oldest first. */
  get reports(): Iterable<OutboxReport> {
    return this.state.reports.values();
  }

  get reportCount(): number {
    return this.state.reports.size;
  }

  /** Since when its file cannot be written, in milliseconds since the Unix epoch. */
  get failingSince(): number | undefined {
    return this.failingSinceMs;
  }

  get fileBytes(): number {
    return this.journal.size;
  }

  /** Seconds since the oldest report that waits; 0 without any. */
  get oldestAgeSeconds(): number {
    const [oldest] = this.state.reports.values();
    return oldest === undefined ? 0 : Math.max(0, Math.floor(this.clock.nowMs() / SECOND_MS) - oldest.timestamp);
  }

  /**
   * Begins to count for a token and proxy, whose remainder of before is there already.
   * @param limitKey what its month is counted by, see `limitKeyOf`; its id unless given
   * @returns what {@link count} takes; give it back with {@link release}
   */
  acquire(wanted: TrafficSubject, limitKey = wanted.tokenId): OutboxSubject {
    const subject = this.state.find(wanted, limitKey) ?? this.addSubject(wanted, limitKey);
    subject.uses += 1;
    return subject;
  }

  release(subject: OutboxSubject): void {
    subject.uses -= 1;
  }

  /** @param isReported false: only for the token's month */
  count(subject: OutboxSubject, amount: TrafficAmount, isReported: boolean): MonthTotal | undefined {
    const { inBytes, outBytes } = amount;
    const entry = this.uncounted.get(subject) ?? { inBytes: 0, outBytes: 0, unreportedIn: 0, unreportedOut: 0 };
    this.uncounted.set(subject, entry);
    if (isReported) {
      entry.inBytes += inBytes;
      entry.outBytes += outBytes;
    } else {
      entry.unreportedIn += inBytes;
      entry.unreportedOut += outBytes;
    }
    return this.state.count(subject, amount, this.nowSeconds(), isReported);
  }

  /**
   * Makes a report of all that waits of a subject; does nothing when nothing does.
   * @param atSeconds the report's time; now unless given
   */
  report(subject: OutboxSubject, atSeconds = this.nowSeconds()): void {
    const { inBytes, outBytes } = subject;
    if (inBytes === 0 && outBytes === 0) return;
    this.noteCounts([subject]);
    const key = this.state.findOpenReport(subject, atSeconds)?.key ?? randomHex(KEY_BYTES);
    const report = this.state.moveIntoReport(subject, key, { inBytes, outBytes }, atSeconds);
    this.note(reportRecord(report, { inBytes, outBytes }));
    report.line = this.line;
  }

  /** Makes reports of what earlier runs have counted and not reported: nobody counts for it any more. */
  reportRemainders(): void {
    for (const subject of this.state.subjects) if (subject.uses === 0) this.report(subject, subject.countedAt);
  }

  /** Whether a report is on the disk as it is, which it must be before it is sent. */
  isDurable(report: OutboxReport): boolean {
    return report.line <= this.durableLine;
  }

  /** The report goes out as it is: what is counted from now on makes another one. */
  freeze(report: OutboxReport): void {
    this.state.freeze(report);
  }

  /**
   * The report is acknowledged.
   * @param heard what the receiver has told of the token's month with it
   */
  done({ key, subject: { limitKey } }: OutboxReport, heard?: ReceivedMonth): void {
    this.state.removeReport(key, true);
    const total = heard && this.findMonth(limitKey, heard.month);
    const before = total?.elsewhere;
    if (heard !== undefined) this.state.months.noteHeard(limitKey, heard.month, heard.bytes);
    const isNews = total !== undefined && total.elsewhere !== before;
    this.note({ t: 'done', key, ...(isNews && { month: total.month, elsewhere: total.elsewhere }) });
  }

  /** The report is put aside: the receiver will never count it. */
  putAside({ key }: OutboxReport): void {
    this.state.removeReport(key, false);
    this.note({ t: 'done', key, parked: true });
  }

  findMonth(limitKey: string, month: number): MonthTotal | undefined {
    return this.state.months.find(limitKey, month);
  }

  /** Remembers what was said of a token's month. */
  setLevel(limitKey: string, month: number, level: QuotaLevel): void {
    this.noteCounts([...this.uncounted.keys()].filter((subject) => subject.limitKey === limitKey));
    this.state.setLevel(limitKey, month, level);
    this.note({ t: 'level', id: limitKey, month, level });
  }

  /**
   * Writes what is not on the disk; those who ask meanwhile wait for the same write.
   * @returns whether it is there now; never rejects
   */
  flush(): Promise<boolean> {
    this.running ??= this.write().finally(() => {
      this.running = undefined;
    });
    return this.running;
  }

  /** Writes the rest, and closes the file. @returns whether all of it is on the disk */
  async close(): Promise<boolean> {
    await this.running;
    const isWritten = await this.flush();
    await this.journal.close();
    return isWritten;
  }

  private async write(): Promise<boolean> {
    this.noteCounts([...this.uncounted.keys()]);
    if (this.lines.length === 0 && !this.mustRewrite) return true;
    const { line } = this;
    const text = this.lines.join('');
    this.lines = [];
    try {
      if (this.mustRewrite || this.isLong()) await this.rewrite();
      else await this.journal.append(text);
      this.durableLine = line;
      this.noteWorking();
      return true;
    } catch (error) {
      // What the file holds now is not known; memory is what counts.
      this.mustRewrite = true;
      this.noteFailing(error);
      return false;
    }
  }

  private isLong(): boolean {
    return (
      this.journal.size > Math.max(TRAFFIC_LIMITS.rewriteBytes, this.rewrittenBytes * TRAFFIC_LIMITS.rewriteFactor)
    );
  }

  private async rewrite(): Promise<void> {
    this.mustRewrite = true;
    this.state.months.prune(monthOf(this.clock.nowMs()));
    this.state.prune((subject) => this.uncounted.has(subject));
    await this.journal.replace(this.state.records());
    this.mustRewrite = false;
    this.rewrittenBytes = this.journal.size;
  }

  private addSubject(wanted: TrafficSubject, limitKey: string): OutboxSubject {
    if (this.state.countOf(wanted.tokenId) >= TRAFFIC_LIMITS.waitingProxies) {
      this.state.prune((subject) => this.uncounted.has(subject));
    }
    const isCrowded = this.state.countOf(wanted.tokenId) >= TRAFFIC_LIMITS.waitingProxies;
    const named = isCrowded ? { ...wanted, proxyName: OTHER_PROXIES } : wanted;
    const present = isCrowded ? this.state.find(named, limitKey) : undefined;
    if (present !== undefined) return present;
    const subject = this.state.addSubject(named, limitKey);
    this.note(subjectRecord(subject));
    return subject;
  }

  private noteCounts(subjects: readonly OutboxSubject[]): void {
    const counted: [number, number, number][] = [];
    const unreported: [number, number, number][] = [];
    for (const subject of subjects) {
      const entry = this.uncounted.get(subject);
      if (entry === undefined) continue;
      this.uncounted.delete(subject);
      const { inBytes, outBytes, unreportedIn, unreportedOut } = entry;
      if (inBytes > 0 || outBytes > 0) counted.push([subject.n, inBytes, outBytes]);
      if (unreportedIn > 0 || unreportedOut > 0) unreported.push([subject.n, unreportedIn, unreportedOut]);
    }
    if (counted.length === 0 && unreported.length === 0) return;
    this.note({
      t: 'count',
      at: this.nowSeconds(),
      ...(counted.length > 0 && { c: counted }),
      ...(unreported.length > 0 && { u: unreported }),
    });
  }

  private note(record: OutboxRecord): void {
    this.line += 1;
    // What is to be rewritten is all in memory.
    if (!this.mustRewrite || this.running !== undefined) this.lines.push(journalLine(record));
  }

  private noteFailing(error: unknown): void {
    if (this.failingSinceMs !== undefined) return;
    this.failingSinceMs = this.clock.nowMs();
    this.log.error({ err: error }, 'the traffic outbox cannot be written; no report is sent until it can');
  }

  private noteWorking(): void {
    if (this.failingSinceMs === undefined) return;
    this.failingSinceMs = undefined;
    this.log.info({}, 'the traffic outbox can be written again');
  }

  private nowSeconds(): number {
    return Math.floor(this.clock.nowMs() / SECOND_MS);
  }
}

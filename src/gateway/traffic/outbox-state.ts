import { type MonthTotal, monthOf, MonthTotals, type QuotaLevel } from './month-totals';
import type { CountEntry, OutboxRecord } from './outbox-record';
import type { TrafficReport, TrafficSubject } from './traffic-report';

const SECOND_MS = 1_000;
const DAY_SECONDS = 86_400;

/** A token and proxy, and what waits of them. */
export interface OutboxSubject extends TrafficSubject {
  readonly n: number;
  /** What its month is counted by, see `limitKeyOf`. */
  readonly limitKey: string;
  /** Bytes that are in no report yet. */
  inBytes: number;
  outBytes: number;
  /** Unix seconds of the last count. */
  countedAt: number;
  /** How many of this process still count for it. */
  uses: number;
  /** Oldest first. */
  readonly reports: OutboxReport[];
}

/** A report that is to be sent. */
export interface OutboxReport extends TrafficReport {
  readonly subject: OutboxSubject;
  inBytes: number;
  outBytes: number;
  timestamp: number;
  /** It may have been sent: neither key nor content may change any more. */
  isFrozen: boolean;
  /** Number of the journal's line that it was last in; it may be sent when that one is on the disk. */
  line: number;
}

/** What the outbox holds, as its records say. In memory only. */
export class OutboxState {
  readonly months = new MonthTotals();
  /** By key, oldest first. */
  readonly reports = new Map<string, OutboxReport>();
  private readonly byNumber = new Map<number, OutboxSubject>();
  private readonly byName = new Map<string, OutboxSubject>();
  /** By token id. */
  private readonly counts = new Map<string, number>();
  private lastNumber = 0;

  get subjects(): IterableIterator<OutboxSubject> {
    return this.byNumber.values();
  }

  find(subject: TrafficSubject, limitKey: string): OutboxSubject | undefined {
    return this.byName.get(nameOf(subject, limitKey));
  }

  /** How many proxies of a token are known. */
  countOf(tokenId: string): number {
    return this.counts.get(tokenId) ?? 0;
  }

  addSubject(subject: TrafficSubject, limitKey: string, n = this.lastNumber + 1): OutboxSubject {
    const { tokenId, token, region, proxyName } = subject;
    const added: OutboxSubject = {
      n,
      limitKey,
      tokenId,
      token,
      region,
      proxyName,
      inBytes: 0,
      outBytes: 0,
      countedAt: 0,
      uses: 0,
      reports: [],
    };
    this.lastNumber = Math.max(this.lastNumber, n);
    this.byNumber.set(n, added);
    this.byName.set(nameOf(added, limitKey), added);
    this.counts.set(tokenId, this.countOf(tokenId) + 1);
    return added;
  }

  /** @returns the token's month; `undefined` when it has counted in a later one already */
  count(
    subject: OutboxSubject,
    { inBytes, outBytes }: { readonly inBytes: number; readonly outBytes: number },
    atSeconds: number,
    isReported: boolean,
  ): MonthTotal | undefined {
    if (isReported) {
      subject.inBytes += inBytes;
      subject.outBytes += outBytes;
      subject.countedAt = atSeconds;
    }
    return this.months.add(subject.limitKey, monthOf(atSeconds * SECOND_MS), inBytes + outBytes);
  }

  /** The report that what waits of a subject may join: the last one, unless it was sent or is of another day (UTC). */
  findOpenReport(subject: OutboxSubject, atSeconds: number): OutboxReport | undefined {
    const last = subject.reports.at(-1);
    return last === undefined || last.isFrozen || dayOf(last.timestamp) !== dayOf(atSeconds) ? undefined : last;
  }

  /** Moves bytes that wait into a report, which is made when there is none of the key. */
  moveIntoReport(
    subject: OutboxSubject,
    key: string,
    { inBytes, outBytes }: { readonly inBytes: number; readonly outBytes: number },
    atSeconds: number,
  ): OutboxReport {
    subject.inBytes -= inBytes;
    subject.outBytes -= outBytes;
    const present = this.reports.get(key);
    if (present !== undefined) {
      present.inBytes += inBytes;
      present.outBytes += outBytes;
      present.timestamp = atSeconds;
      return present;
    }
    const { tokenId, token, region, proxyName } = subject;
    const report: OutboxReport = {
      key,
      subject,
      tokenId,
      token,
      region,
      proxyName,
      inBytes,
      outBytes,
      timestamp: atSeconds,
      isFrozen: false,
      line: 0,
    };
    this.reports.set(key, report);
    subject.reports.push(report);
    return report;
  }

  /** From now on neither key nor content changes, and the receiver may have counted it. */
  freeze(report: OutboxReport): void {
    if (report.isFrozen) return;
    report.isFrozen = true;
    this.months.noteSending(report.subject.limitKey, reportMonth(report), report.inBytes + report.outBytes);
  }

  /** @param isCounted by the receiver */
  removeReport(key: string, isCounted: boolean): void {
    const report = this.reports.get(key);
    if (report === undefined) return;
    this.reports.delete(key);
    const { reports, limitKey } = report.subject;
    reports.splice(reports.indexOf(report), 1);
    this.months.noteSettled(limitKey, reportMonth(report), report.inBytes + report.outBytes, isCounted);
  }

  setLevel(limitKey: string, month: number, level: QuotaLevel): void {
    const total = this.months.find(limitKey, month);
    if (total !== undefined) total.level = level;
  }

  /** Repeats what a record of the journal says. Of subjects that it does not know it says nothing. */
  apply(record: OutboxRecord): void {
    switch (record.t) {
      case 'subject': {
        const { n, id, root = id, token, region, proxy } = record;
        const subject = this.addSubject({ tokenId: id, token, region, proxyName: proxy }, root, n);
        subject.inBytes = record.in;
        subject.outBytes = record.out;
        subject.countedAt = record.at;
        return;
      }
      case 'count':
        this.applyCounts(record.c ?? [], record.at, true);
        this.applyCounts(record.u ?? [], record.at, false);
        return;
      case 'report': {
        const subject = this.byNumber.get(record.n);
        if (subject === undefined) return;
        this.moveIntoReport(subject, record.key, { inBytes: record.in, outBytes: record.out }, record.at);
        return;
      }
      case 'done': {
        const { key, parked, month, elsewhere = 0 } = record;
        const limitKey = this.reports.get(key)?.subject.limitKey;
        this.removeReport(key, parked !== true);
        const total = limitKey === undefined || month === undefined ? undefined : this.months.add(limitKey, month, 0);
        if (total !== undefined) total.elsewhere = Math.max(total.elsewhere, elsewhere);
        return;
      }
      case 'month': {
        const total = this.months.add(record.id, record.month, 0);
        if (total === undefined) return;
        total.bytes = record.bytes;
        total.level = record.level;
        total.acknowledged = record.acknowledged ?? record.bytes;
        total.elsewhere = record.elsewhere ?? 0;
        return;
      }
      case 'level':
        this.setLevel(record.id, record.month, record.level);
    }
  }

  /** Forgets subjects that nobody counts for and nothing waits of, unless they are to be kept. */
  prune(isKept: (subject: OutboxSubject) => boolean = () => false): void {
    for (const subject of this.byNumber.values()) {
      const { uses, inBytes, outBytes, reports } = subject;
      if (uses > 0 || inBytes > 0 || outBytes > 0 || reports.length > 0 || isKept(subject)) continue;
      this.byNumber.delete(subject.n);
      // A name may have got another subject since, where this one was forgotten in memory before.
      const name = nameOf(subject, subject.limitKey);
      if (this.byName.get(name) === subject) this.byName.delete(name);
      const left = this.countOf(subject.tokenId) - 1;
      if (left > 0) this.counts.set(subject.tokenId, left);
      else this.counts.delete(subject.tokenId);
    }
  }

  /** The shortest records that say the same. */
  *records(): Generator<OutboxRecord> {
    for (const [id, { month, bytes, level, acknowledged, elsewhere }] of this.months.entries()) {
      yield { t: 'month', id, month, bytes, level, acknowledged, ...(elsewhere > 0 && { elsewhere }) };
    }
    for (const subject of this.byNumber.values()) yield subjectRecord(subject);
    for (const report of this.reports.values()) yield reportRecord(report);
  }

  private applyCounts(entries: readonly CountEntry[], atSeconds: number, isReported: boolean): void {
    for (const [n, inBytes, outBytes] of entries) {
      const subject = this.byNumber.get(n);
      if (subject !== undefined) this.count(subject, { inBytes, outBytes }, atSeconds, isReported);
    }
  }
}

/** A subject with all that is not acknowledged; the records of its reports take their part of it out again. */
export function subjectRecord(subject: OutboxSubject): OutboxRecord {
  const { n, limitKey, tokenId, token, region, proxyName, countedAt, reports } = subject;
  const sum = (pick: (part: { readonly inBytes: number; readonly outBytes: number }) => number): number =>
    reports.reduce((total, report) => total + pick(report), pick(subject));
  return {
    t: 'subject',
    n,
    id: tokenId,
    ...(limitKey !== tokenId && { root: limitKey }),
    token,
    region,
    proxy: proxyName,
    in: sum(({ inBytes }) => inBytes),
    out: sum(({ outBytes }) => outBytes),
    at: countedAt,
  };
}

/** @param part of the report that is new; all of it unless given */
export function reportRecord(
  { subject, key, timestamp, ...whole }: OutboxReport,
  part: { readonly inBytes: number; readonly outBytes: number } = whole,
): OutboxRecord {
  return { t: 'report', n: subject.n, key, in: part.inBytes, out: part.outBytes, at: timestamp };
}

function nameOf({ tokenId, token, region, proxyName }: TrafficSubject, limitKey: string): string {
  return [limitKey, tokenId, token, region, proxyName].join('\0');
}

function reportMonth({ timestamp }: OutboxReport): number {
  return monthOf(timestamp * SECOND_MS);
}

function dayOf(atSeconds: number): number {
  return Math.floor(atSeconds / DAY_SECONDS);
}

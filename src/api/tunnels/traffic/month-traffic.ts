import type { Clock, RotatedTokens, TrafficRepository } from '@tollgate/domain';

const DAY_MS = 86_400_000;
const MONTHS_A_YEAR = 12;
/** Milliseconds that an answer to a report waits for a sum: whoever sent it is to learn soon that it was counted. */
const LONGEST_WAIT_MS = 1_000;
/** Milliseconds for which a sum is good, at least and at most. */
const SHORTEST_FRESH_MS = 1_000;
const LONGEST_FRESH_MS = 60_000;
/** So many times as long as it took to add up: a token with many proxies costs the store a fiftieth of its time. */
const FRESH_FACTOR = 50;
/** Sums that are remembered; the oldest goes. */
const MAX_SUMS = 10_000;

/** A sum as it was read, with what this process has counted since. */
export interface MonthSum {
  bytes: number;
  /** Milliseconds since the Unix epoch up to which it need not be read again, unless the clock is set back. */
  readonly readAtMs: number;
  readonly freshUntilMs: number;
}

/** A calendar month in UTC as a number, each one higher than the one before. */
export function monthOfDay(day: number): number {
  const date = new Date(day * DAY_MS);
  return date.getUTCFullYear() * MONTHS_A_YEAR + date.getUTCMonth();
}

/** Such as 2026-11. */
export function monthName(month: number): string {
  return new Date(startOf(month)).toISOString().slice(0, 'yyyy-mm'.length);
}

/**
 * What tokens have moved in a month, for the answer to each report: read from the store now and then only. It may be behind, where other
 * processes count too, and is never ahead.
 */
export class MonthTraffic {
  private readonly sums = new Map<string, MonthSum>();
  private readonly reads = new Map<string, Promise<MonthSum>>();

  constructor(
    private readonly traffic: TrafficRepository,
    private readonly clock: Clock,
  ) {}

  /** What is known before a report is counted; see {@link totalAfter}. */
  find(tokens: RotatedTokens, month: number): MonthSum | undefined {
    return this.sums.get(keyOf(tokens, month));
  }

  /**
   * Bytes in both directions.
   * @param before what was known before the report was handed to the store: only a sum that was read by then is without it for certain
   * @param bytes of the report, if it counts for the month
   * @returns `undefined` when it takes too long; the next one may have it
   * @throws TollgateError `unavailable`
   */
  async totalAfter(
    tokens: RotatedTokens,
    month: number,
    before: MonthSum | undefined,
    bytes: number,
  ): Promise<number | undefined> {
    const key = keyOf(tokens, month);
    const known = this.sums.get(key);
    if (known !== undefined && known === before) known.bytes += bytes;
    const sum = known !== undefined && this.isFresh(known) ? known : await soon(this.read(key, tokens, month));
    return sum === undefined ? undefined : Math.min(sum.bytes, Number.MAX_SAFE_INTEGER);
  }

  private isFresh({ readAtMs, freshUntilMs }: MonthSum): boolean {
    const nowMs = this.clock.nowMs();
    return nowMs >= readAtMs && nowMs < freshUntilMs;
  }

  /** Those who ask meanwhile wait for the same. */
  private read(key: string, tokens: RotatedTokens, month: number): Promise<MonthSum> {
    const underWay = this.reads.get(key);
    if (underWay !== undefined) return underWay;
    const read = this.readNow(key, tokens, month).finally(() => this.reads.delete(key));
    this.reads.set(key, read);
    return read;
  }

  private async readNow(key: string, tokens: RotatedTokens, month: number): Promise<MonthSum> {
    const beganMs = this.clock.nowMs();
    const days = { fromDay: startOf(month) / DAY_MS, toDay: startOf(month + 1) / DAY_MS };
    const bytes = await this.traffic.rotatedTotal(tokens, days);
    const readAtMs = this.clock.nowMs();
    const freshMs = Math.max(SHORTEST_FRESH_MS, (readAtMs - beganMs) * FRESH_FACTOR);
    const sum: MonthSum = { bytes, readAtMs, freshUntilMs: readAtMs + Math.min(freshMs, LONGEST_FRESH_MS) };
    this.sums.delete(key);
    this.sums.set(key, sum);
    const [oldest] = this.sums.keys();
    if (this.sums.size > MAX_SUMS && oldest !== undefined) this.sums.delete(oldest);
    return sum;
  }
}

/** @returns `undefined` when it takes longer than an answer may wait */
async function soon<T>(reading: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, LONGEST_WAIT_MS, undefined);
  });
  try {
    return await Promise.race([reading, late]);
  } finally {
    clearTimeout(timer);
  }
}

function startOf(month: number): number {
  return Date.UTC(Math.floor(month / MONTHS_A_YEAR), month % MONTHS_A_YEAR);
}

function keyOf({ accountId = '', rootId }: RotatedTokens, month: number): string {
  return `${accountId}/${rootId}/${String(month)}`;
}

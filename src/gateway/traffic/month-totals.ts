/** How far a token's month is used up: nothing said yet, warned, said to be used up. */
export type QuotaLevel = 0 | 1 | 2;

export interface MonthTotal {
  /** See {@link monthOf}. */
  readonly month: number;
  /** What passed through this gateway. */
  bytes: number;
  /** What was said of it, so that it is said once. */
  level: QuotaLevel;
  /** In reports that the receiver has counted. */
  acknowledged: number;
  /** In reports that the receiver may have counted. */
  inFlight: number;
  /** What other gateways have moved for certain. */
  elsewhere: number;
}

const MONTHS_A_YEAR = 12;

/** A calendar month in UTC as a number, each one higher than the one before. */
export function monthOf(atMs: number): number {
  const date = new Date(atMs);
  return date.getUTCFullYear() * MONTHS_A_YEAR + date.getUTCMonth();
}

/** What each token has moved in its latest month, both directions together, by its `limitKeyOf`. */
export class MonthTotals {
  private readonly totals = new Map<string, MonthTotal>();

  /** The total of a month that is not over for this token, made when it is new; of an earlier month: `undefined`. */
  add(limitKey: string, month: number, bytes: number): MonthTotal | undefined {
    const present = this.totals.get(limitKey);
    if (present !== undefined && present.month > month) return undefined;
    if (present?.month === month) {
      present.bytes += bytes;
      return present;
    }
    const total: MonthTotal = { month, bytes, level: 0, acknowledged: 0, inFlight: 0, elsewhere: 0 };
    this.totals.set(limitKey, total);
    return total;
  }

  find(limitKey: string, month: number): MonthTotal | undefined {
    const total = this.totals.get(limitKey);
    return total?.month === month ? total : undefined;
  }

  /** A report goes to the receiver for the first time. */
  noteSending(limitKey: string, month: number, bytes: number): void {
    const total = this.add(limitKey, month, 0);
    if (total !== undefined) total.inFlight += bytes;
  }

  /** A report was counted by the receiver, or will never be. */
  noteSettled(limitKey: string, month: number, bytes: number, isCounted: boolean): void {
    const total = this.add(limitKey, month, 0);
    if (total === undefined) return;
    total.inFlight = Math.max(0, total.inFlight - bytes);
    if (isCounted) total.acknowledged += bytes;
  }

  /**
   * The receiver has told what it knows of a month. All that is not this gateway's, and can't be, was moved by others; that can only
   * grow, so an answer that was overtaken by a later one does no harm.
   * @param total bytes over all gateways, at some moment before now
   */
  noteHeard(limitKey: string, month: number, total: number): void {
    const own = this.find(limitKey, month);
    if (own === undefined) return;
    own.elsewhere = Math.max(own.elsewhere, total - own.acknowledged - own.inFlight);
  }

  /** Every total with its key. */
  entries(): IterableIterator<[string, Readonly<MonthTotal>]> {
    return this.totals.entries();
  }

  /** Forgets months before this one, and those that only a clock that was wrong can have seen. */
  prune(month: number): void {
    for (const [limitKey, total] of this.totals) {
      if (total.month < month || total.month > month + 1) this.totals.delete(limitKey);
    }
  }
}

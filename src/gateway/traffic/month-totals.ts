/** How far a token's month is used up: nothing said yet, warned, said to be used up. */
export type QuotaLevel = 0 | 1 | 2;

export interface MonthTotal {
  /** See {@link monthOf}. */
  readonly month: number;
  bytes: number;
  /** What was said of it, so that it is said once. */
  level: QuotaLevel;
}

const MONTHS_A_YEAR = 12;

/** A calendar month in UTC as a number, each one higher than the one before. */
export function monthOf(atMs: number): number {
  const date = new Date(atMs);
  return date.getUTCFullYear() * MONTHS_A_YEAR + date.getUTCMonth();
}

/** What each token has moved through this gateway in its latest month, both directions together. */
export class MonthTotals {
  private readonly totals = new Map<string, MonthTotal>();

  /** The total of a month that is not over for this token, made when it is new; of an earlier month: `undefined`. */
  add(tokenId: string, month: number, bytes: number): MonthTotal | undefined {
    const present = this.totals.get(tokenId);
    if (present !== undefined && present.month > month) return undefined;
    if (present?.month === month) {
      present.bytes += bytes;
      return present;
    }
    const total: MonthTotal = { month, bytes, level: 0 };
    this.totals.set(tokenId, total);
    return total;
  }

  find(tokenId: string, month: number): MonthTotal | undefined {
    const total = this.totals.get(tokenId);
    return total?.month === month ? total : undefined;
  }

  /** Every total with its token's id. */
  entries(): IterableIterator<[string, Readonly<MonthTotal>]> {
    return this.totals.entries();
  }

  /** Forgets months before this one. */
  prune(month: number): void {
    for (const [tokenId, total] of this.totals) if (total.month < month) this.totals.delete(tokenId);
  }
}

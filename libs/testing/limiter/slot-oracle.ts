import {
  type Demand,
  LEASE_SHARE,
  SLOTS_PER_WINDOW,
  type Subject,
  type SubjectState,
  type TakeOutcome,
  TICK_MS,
  type UnusedUnits,
  WINDOWS,
  type WindowIndex,
} from '@tollgate/limiter';

const INDEXES = [0, 1, 2] as const;

interface Logged {
  readonly key: string;
  readonly atMs: number;
  /** By window; 0 in one that had no limit then. */
  readonly units: [number, number, number];
}

/** What a counter store must answer while the clock does not go back, told from a log of every unit ever granted. */
export class SlotOracle {
  private readonly log: Logged[] = [];

  take(demands: readonly Demand[], nowMs: number): TakeOutcome {
    const refusedBy = demands.findIndex((demand) => !this.fits(demand, nowMs));
    const retryAtMs = refusedBy < 0 ? nowMs : this.retryAtMs(demands, nowMs);
    const granted = demands.map((demand) => (refusedBy < 0 ? this.grant(demand, nowMs) : 0));
    const states = demands.map(({ subject }, index) => this.state(subject, granted[index] ?? 0, nowMs));
    return { nowMs, refusedBy, retryAtMs, states };
  }

  /** Units of the grant at that time must have been at least as many. */
  giveBack({ subject, units, grantedAtMs }: UnusedUnits): void {
    const entry = this.log.find(({ key, atMs }) => key === subject.key && atMs === grantedAtMs);
    for (const index of INDEXES) if (entry !== undefined && subject.limits[index] > 0) entry.units[index] -= units;
  }

  /** Units granted in a real stretch, both ends included, that were limited in this window. */
  grantedWithin(subject: Subject, index: WindowIndex, fromMs: number, toMs: number): number {
    return this.log
      .filter(({ key, atMs }) => key === subject.key && atMs >= fromMs && atMs <= toMs)
      .reduce((sum, { units }) => sum + units[index], 0);
  }

  /** A unit counts until its slot has wholly left the window. */
  private counted(key: string, index: WindowIndex, atMs: number): number {
    return this.log
      .filter((entry) => entry.key === key && leavesAtMs(entry.atMs, index) > atMs)
      .reduce((sum, { units }) => sum + units[index], 0);
  }

  private fits({ subject: { key, limits }, need }: Demand, atMs: number): boolean {
    return INDEXES.every(
      (index) => need === 0 || limits[index] === 0 || this.counted(key, index, atMs) + need <= limits[index],
    );
  }

  private grant({ subject: { key, limits }, need, extra }: Demand, nowMs: number): number {
    const left = INDEXES.filter((index) => limits[index] > 0).map(
      (index) => limits[index] - this.counted(key, index, nowMs) - need,
    );
    const units = need + Math.min(extra, Math.floor(Math.max(0, Math.min(...left)) / LEASE_SHARE));
    const inWindow = (index: WindowIndex): number => (limits[index] > 0 ? units : 0);
    if (units > 0) this.log.push({ key, atMs: nowMs, units: [inWindow(0), inWindow(1), inWindow(2)] });
    return units;
  }

  private state({ key, limits }: Subject, granted: number, nowMs: number): SubjectState {
    const windows = INDEXES.filter((index) => limits[index] > 0).map((window) => {
      const counted = this.counted(key, window, nowMs);
      const limit = limits[window];
      const roomAtMs = this.departures(key, nowMs).find((atMs) => {
        const then = this.counted(key, window, atMs);
        return then < counted && then < limit;
      });
      return { granted, window, limit, remaining: Math.max(0, limit - counted), roomAtMs: roomAtMs ?? nowMs };
    });
    const [tightest] = windows.toSorted((a, b) => a.remaining - b.remaining || b.roomAtMs - a.roomAtMs);
    return tightest ?? { granted, window: 0, limit: 0, remaining: Number.POSITIVE_INFINITY, roomAtMs: nowMs };
  }

  private retryAtMs(demands: readonly Demand[], nowMs: number): number {
    const times = demands.flatMap(({ subject }) => this.departures(subject.key, nowMs)).toSorted((a, b) => a - b);
    const found = times.find((atMs) => demands.every((demand) => this.fits(demand, atMs)));
    if (found === undefined) throw new Error('these demands fit into no empty window');
    return found;
  }

  /** When a subject's units leave any of the windows, from now on and in order. */
  private departures(key: string, nowMs: number): readonly number[] {
    const entries = this.log.filter((entry) => entry.key === key);
    const times = entries.flatMap(({ atMs }) => INDEXES.map((index) => leavesAtMs(atMs, index)));
    return times.filter((atMs) => atMs > nowMs).toSorted((a, b) => a - b);
  }
}

/** When the slot of a moment has wholly left a window. */
export function leavesAtMs(atMs: number, index: WindowIndex): number {
  const slotMs = WINDOWS[index].slotTicks * TICK_MS;
  return (Math.floor(atMs / slotMs) + 1 + SLOTS_PER_WINDOW) * slotMs;
}

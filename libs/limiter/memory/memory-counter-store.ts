import type { Clock } from '@tollgate/domain';
import { CounterStore, type UnusedUnits } from '../counter-store';
import {
  COUNTERS_PER_WINDOW,
  LEASE_SHARE,
  MAX_SUBJECTS_IN_MEMORY,
  TICK_MS,
  WINDOWS,
  type WindowIndex,
} from '../limits';
import type { Demand, Subject, SubjectState, TakeOutcome, WindowLimits } from '../subject';
import { CELLS, type Counters, add, advance, lastTick, remove, roomTick, sumOf, tickOf } from './counters';

const INDEXES = [0, 1, 2] as const;
/** Subjects that share one array. */
const CHUNK = 1_024;
/** Subjects looked at by one {@link MemoryCounterStore.sweep}. */
const SWEEP = 20_000;
/** Subjects looked at before one that is in use has to go. */
const EVICTION_TRIES = 16;

interface Counted extends Counters {
  /** The limits it was last asked with: they say how long it is worth keeping. */
  limits: WindowLimits;
}

interface Refusal {
  readonly by: number;
  readonly retryAtMs: number;
}

export interface MemoryCounterStoreOptions {
  readonly maxSubjects?: number;
  /** Length of a tick; another one than `TICK_MS` only where a test scales time. */
  readonly tickMs?: number;
  /** Told when a subject that may still count had to go. */
  readonly onEviction?: () => void;
}

/** Counts in this process: exact, and at once. What was counted goes with the process. */
export class MemoryCounterStore extends CounterStore {
  private readonly subjects = new Map<string, Counted>();
  private readonly free: Counters[] = [];
  private readonly maxSubjects: number;
  private readonly tickMs: number;
  private sweepFrom: IterableIterator<[string, Counted]> | undefined;
  private evictFrom: IterableIterator<[string, Counted]> | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly options: MemoryCounterStoreOptions = {},
  ) {
    super();
    this.maxSubjects = options.maxSubjects ?? MAX_SUBJECTS_IN_MEMORY;
    this.tickMs = options.tickMs ?? TICK_MS;
  }

  /** Subjects that are counted at present. */
  get size(): number {
    return this.subjects.size;
  }

  override take(demands: readonly Demand[]): Promise<TakeOutcome> {
    return Promise.resolve(this.takeNow(demands));
  }

  override giveBack(unused: readonly UnusedUnits[]): Promise<void> {
    for (const { subject, units, grantedAtMs } of unused) {
      const counted = this.subjects.get(subject.key);
      if (counted !== undefined) remove(counted, subject.limits, tickOf(grantedAtMs, this.tickMs), units);
    }
    return Promise.resolve();
  }

  /** The same as {@link take}, without waiting. */
  takeNow(demands: readonly Demand[]): TakeOutcome {
    const nowMs = this.clock.nowMs();
    const tick = tickOf(nowMs, this.tickMs);
    const found: Counted[] = [];
    let refusal: Refusal | undefined;
    for (const [index, { subject, need }] of demands.entries()) {
      const counted = this.locate(subject, tick, found);
      found.push(counted);
      const retryAtMs = this.refusedUntil(counted, subject.limits, need, nowMs);
      if (retryAtMs === undefined) continue;
      refusal = { by: refusal?.by ?? index, retryAtMs: Math.max(refusal?.retryAtMs ?? 0, retryAtMs) };
    }
    const states = demands.map((demand, index) => this.grant(found[index] as Counted, demand, refusal, nowMs));
    return { nowMs, refusedBy: refusal?.by ?? -1, retryAtMs: refusal?.retryAtMs ?? nowMs, states };
  }

  /** Forgets some of the subjects that count nowhere any more; to be called now and then. */
  sweep(): void {
    const tick = tickOf(this.clock.nowMs(), this.tickMs);
    this.sweepFrom ??= this.subjects.entries();
    for (let seen = 0; seen < SWEEP; seen += 1) {
      const next = this.sweepFrom.next();
      if (next.done === true) {
        this.sweepFrom = undefined;
        return;
      }
      const [key, counted] = next.value;
      if (isIdle(counted, tick)) this.forget(key, counted);
    }
  }

  /** When `need` more units fit into every limited window; `undefined` when they do now. */
  private refusedUntil(counted: Counted, limits: WindowLimits, need: number, nowMs: number): number | undefined {
    let until: number | undefined;
    for (const index of INDEXES) {
      const limit = limits[index];
      if (limit === 0 || need === 0 || sumOf(counted, index) + need <= limit) continue;
      until = Math.max(until ?? nowMs, roomTick(counted, index, limit, need) * this.tickMs);
    }
    return until;
  }

  private grant(
    counted: Counted,
    { subject, need, extra }: Demand,
    refusal: Refusal | undefined,
    nowMs: number,
  ): SubjectState {
    const { limits } = subject;
    let granted = 0;
    if (refusal === undefined) {
      granted = need;
      if (extra > 0) granted += Math.min(extra, Math.floor(Math.max(0, roomOf(counted, limits) - need) / LEASE_SHARE));
      if (granted > 0) add(counted, limits, granted);
    }
    let window: WindowIndex = 0;
    let remaining = Number.POSITIVE_INFINITY;
    let roomAtMs = nowMs;
    for (const index of INDEXES) {
      const limit = limits[index];
      if (limit === 0) continue;
      const sum = sumOf(counted, index);
      const left = Math.max(0, limit - sum);
      if (left > remaining) continue;
      const at = sum === 0 ? nowMs : roomTick(counted, index, limit, 1) * this.tickMs;
      if (left === remaining && at <= roomAtMs) continue;
      window = index;
      remaining = left;
      roomAtMs = at;
    }
    return { granted, window, limit: limits[window], remaining, roomAtMs };
  }

  /** @param taken subjects that the same take has found already; they stay */
  private locate({ key, limits }: Subject, tick: number, taken: readonly Counted[]): Counted {
    let counted = this.subjects.get(key);
    if (counted === undefined) {
      if (this.subjects.size >= this.maxSubjects) this.evict(tick, taken);
      const { cells, at } = this.free.pop() ?? this.allocate();
      counted = { cells, at, limits };
      this.subjects.set(key, counted);
    }
    counted.limits = limits;
    advance(counted, tick);
    return counted;
  }

  private allocate(): Counters {
    const cells = new Uint32Array(CHUNK * CELLS);
    for (let index = CHUNK - 1; index > 0; index -= 1) this.free.push({ cells, at: index * CELLS });
    return { cells, at: 0 };
  }

  /** The subject met first goes. One that was asked for a moment ago counts as newly met, and the next is looked at. */
  private evict(tick: number, taken: readonly Counted[]): void {
    for (let seen = 0; seen <= EVICTION_TRIES + taken.length; seen += 1) {
      // Kept from call to call: an iterator that begins anew steps over all that was removed before.
      this.evictFrom ??= this.subjects.entries();
      const next = this.evictFrom.next();
      if (next.done === true) {
        this.evictFrom = undefined;
        continue;
      }
      const [key, counted] = next.value;
      const isInUse = seen < EVICTION_TRIES && lastTick(counted) >= tick - 1;
      if (isInUse || taken.includes(counted)) {
        this.subjects.delete(key);
        this.subjects.set(key, counted);
        continue;
      }
      this.forget(key, counted);
      this.options.onEviction?.();
      return;
    }
  }

  private forget(key: string, { cells, at }: Counted): void {
    this.subjects.delete(key);
    cells.fill(0, at, at + CELLS);
    this.free.push({ cells, at });
  }
}

/** The least that any limited window has left; below 0 after a limit was lowered. */
function roomOf(counted: Counters, limits: WindowLimits): number {
  let room = Number.POSITIVE_INFINITY;
  for (const index of INDEXES) {
    if (limits[index] > 0) room = Math.min(room, limits[index] - sumOf(counted, index));
  }
  return room;
}

/** Whether all that was counted has left the longest window that has a limit. */
function isIdle(counted: Counted, tick: number): boolean {
  const { limits } = counted;
  const longest = WINDOWS[limits[2] > 0 ? 2 : limits[1] > 0 ? 1 : 0];
  return tick - lastTick(counted) > longest.slotTicks * COUNTERS_PER_WINDOW;
}

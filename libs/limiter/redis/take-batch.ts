import type { WindowIndex } from '../limits';
import type { Demand, SubjectState, TakeOutcome, WindowLimits } from '../subject';
import { LEFT_UNIT, REFUSED_UNIT, TICKS_UNIT } from './take-script';

interface WaitingTake {
  readonly demands: readonly Demand[];
  readonly resolve: (outcome: TakeOutcome) => void;
  readonly reject: (error: unknown) => void;
}

/** Takes that go to Redis in one call of the script, in their order. Holds one set of limits for each subject. */
export class TakeBatch {
  readonly keys: string[] = [];
  private readonly positions = new Map<string, number>();
  private readonly limits: number[] = [];
  private readonly requests: number[] = [];
  private readonly waiting: WaitingTake[] = [];

  /** @param keyOf the Redis key of a subject */
  constructor(private readonly keyOf: (demand: Demand) => string) {}

  /** Takes in this batch. */
  get size(): number {
    return this.waiting.length;
  }

  /** Whether no subject is in this batch with other limits, which an operator has just changed. */
  accepts(demands: readonly Demand[]): boolean {
    return demands.every(({ subject: { key, limits } }) => {
      const position = this.positions.get(key);
      if (position === undefined) return true;
      const at = position * 3;
      return (
        this.limits[at - 3] === limits[0] && this.limits[at - 2] === limits[1] && this.limits[at - 1] === limits[2]
      );
    });
  }

  add(take: WaitingTake): void {
    this.waiting.push(take);
    for (const demand of take.demands) {
      const position = this.positions.get(demand.subject.key) ?? this.addSubject(demand);
      if (demand.need === 1 && demand.extra === 0) this.requests.push(position);
      else this.requests.push(-position, demand.need, demand.extra);
    }
    this.requests.push(0);
  }

  /** The script's third argument. */
  encode(): string {
    return `[${this.limits.join()},${this.requests.join()}]`;
  }

  /**
   * Answers every take.
   * @throws Error when the script answered anything else than numbers; nothing is answered then
   */
  resolve(reply: unknown, tickMs: number): void {
    const outcomes = decode(reply, this.waiting, tickMs);
    this.waiting.forEach(({ resolve }, index) => {
      resolve(outcomes[index] as TakeOutcome);
    });
  }

  reject(error: unknown): void {
    for (const { reject } of this.waiting) reject(error);
  }

  private addSubject(demand: Demand): number {
    const { key, limits } = demand.subject;
    const position = this.keys.push(this.keyOf(demand));
    this.positions.set(key, position);
    this.limits.push(...limits);
    return position;
  }
}

function decode(reply: unknown, waiting: readonly WaitingTake[], tickMs: number): readonly TakeOutcome[] {
  if (!Array.isArray(reply)) throw new Error('Redis answered a take with something else than an array');
  let at = 0;
  const next = (): number => {
    const value: unknown = reply[at];
    at += 1;
    if (typeof value !== 'number') throw new Error('Redis answered a take with something else than numbers');
    return value;
  };
  const nowMs = next();
  const tick = Math.floor(nowMs / tickMs);
  const timeIn = (ticks: number): number => (ticks === 0 ? nowMs : (tick + ticks) * tickMs);
  return waiting.map(({ demands }) => {
    const refusal = next();
    const refusedBy = (refusal % REFUSED_UNIT) - 1;
    const retryAtMs = timeIn(Math.floor(refusal / REFUSED_UNIT));
    const states = demands.map(({ subject: { limits }, need, extra }): SubjectState => {
      const granted = extra > 0 ? next() : refusedBy < 0 ? need : 0;
      const packed = next();
      if (limitsNothing(limits)) {
        return { granted, window: 0, limit: 0, remaining: Number.POSITIVE_INFINITY, roomAtMs: nowMs };
      }
      const rest = packed % LEFT_UNIT;
      const window = (rest % TICKS_UNIT) as WindowIndex;
      const roomAtMs = timeIn(Math.floor(rest / TICKS_UNIT));
      return { granted, window, limit: limits[window], remaining: Math.floor(packed / LEFT_UNIT), roomAtMs };
    });
    return { nowMs, refusedBy, retryAtMs, states };
  });
}

function limitsNothing(limits: WindowLimits): boolean {
  return limits[0] === 0 && limits[1] === 0 && limits[2] === 0;
}

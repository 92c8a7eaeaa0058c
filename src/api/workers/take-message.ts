import type { Demand, Subject, SubjectState, TakeOutcome, UnusedUnits, WindowIndex } from '@tollgate/limiter';

/** Takes on their way to the primary. */
export interface TakeMessage {
  /** Key and three limits of each subject, one after the other. */
  readonly subjects: (string | number)[];
  /** For each take the count of its demands; for each of these the subject's position, need and extra. */
  readonly takes: number[];
}

/** Units given back: key and limits of the subject, how many, and `nowMs` of their grant. */
export type UnusedMessage = readonly [
  key: string,
  perMinute: number,
  perHour: number,
  perDay: number,
  units: number,
  grantedAtMs: number,
];

/** In place of a number that JSON does not have. */
const UNLIMITED = -1;
const SUBJECT_FIELDS = 4;

/** Takes that go to the primary in one message, in their order. */
export class TakeMessageBuilder {
  readonly message: TakeMessage = { subjects: [], takes: [] };
  private readonly positions = new Map<Subject, number>();

  add(demands: readonly Demand[]): void {
    const { takes } = this.message;
    takes.push(demands.length);
    for (const { subject, need, extra } of demands) takes.push(this.positionOf(subject), need, extra);
  }

  private positionOf(subject: Subject): number {
    let position = this.positions.get(subject);
    if (position === undefined) {
      position = this.positions.size;
      this.positions.set(subject, position);
      this.message.subjects.push(subject.key, ...subject.limits);
    }
    return position;
  }
}

/** The demands of each take. Of a subject they have what counters in memory look at: key and limits. */
export function decodeTakes({ subjects, takes }: TakeMessage): Demand[][] {
  const known: Subject[] = [];
  for (let at = 0; at < subjects.length; at += SUBJECT_FIELDS) {
    const [key, ...limits] = subjects.slice(at, at + SUBJECT_FIELDS) as [string, number, number, number];
    known.push(countedSubject(key, limits));
  }
  const read = reader(takes);
  const decoded: Demand[][] = [];
  while (read.hasMore()) {
    decoded.push(
      Array.from({ length: read.next() }, () => {
        const subject = known[read.next()];
        if (subject === undefined) throw new Error('a take of a subject that was not named');
        return { subject, need: read.next(), extra: read.next() };
      }),
    );
  }
  return decoded;
}

/** Appends an outcome to an answer; times go as distances from `nowMs`, which are short. */
export function encodeOutcome({ nowMs, refusedBy, retryAtMs, states }: TakeOutcome, answer: number[]): void {
  answer.push(nowMs, refusedBy, retryAtMs - nowMs);
  for (const { granted, window, remaining, roomAtMs } of states) {
    answer.push(granted, window, Number.isFinite(remaining) ? remaining : UNLIMITED, roomAtMs - nowMs);
  }
}

/** @param takes those that were asked for, in their order */
export function decodeOutcomes(answer: readonly number[], takes: readonly (readonly Demand[])[]): TakeOutcome[] {
  const { next } = reader(answer);
  return takes.map((demands) => {
    const nowMs = next();
    const refusedBy = next();
    const retryAtMs = nowMs + next();
    const states = demands.map(({ subject: { limits } }): SubjectState => {
      const granted = next();
      const window = next() as WindowIndex;
      const remaining = next();
      return {
        granted,
        window,
        limit: limits[window],
        remaining: remaining === UNLIMITED ? Number.POSITIVE_INFINITY : remaining,
        roomAtMs: nowMs + next(),
      };
    });
    return { nowMs, refusedBy, retryAtMs, states };
  });
}

export function encodeUnused({ subject: { key, limits }, units, grantedAtMs }: UnusedUnits): UnusedMessage {
  return [key, ...limits, units, grantedAtMs];
}

export function decodeUnused([key, perMinute, perHour, perDay, units, grantedAtMs]: UnusedMessage): UnusedUnits {
  return { subject: countedSubject(key, [perMinute, perHour, perDay]), units, grantedAtMs };
}

function countedSubject(key: string, limits: Subject['limits']): Subject {
  return { layer: 'app', key, group: '', limits };
}

function reader(numbers: readonly number[]): { next: () => number; hasMore: () => boolean } {
  let at = 0;
  return {
    next: () => {
      const value = numbers[at];
      if (value === undefined) throw new Error('a message between processes ended early');
      at += 1;
      return value;
    },
    hasMore: () => at < numbers.length,
  };
}

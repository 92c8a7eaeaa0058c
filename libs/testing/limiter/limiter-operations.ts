import { SLOTS_PER_WINDOW, TICK_MS, WINDOWS, type WindowIndex, type WindowLimits } from '@tollgate/limiter';
import * as fc from 'fast-check';
import { TEST_EPOCH_MS } from '../fake-clock';

/** Subjects of one history, by position; the first takes part in almost every take. */
export const SUBJECTS = 5;

/** Need that every limit of a history has room for once its window is empty. */
export const MAX_NEED = 3;

/** A demand before its subject has a name. */
export interface PlannedDemand {
  readonly subject: number;
  readonly need: number;
  readonly extra: number;
}

export type LimiterOperation =
  | { readonly kind: 'wait'; readonly pause: Pause }
  /** All in one turn of the event loop. */
  | { readonly kind: 'take'; readonly takes: readonly (readonly PlannedDemand[])[] }
  | { readonly kind: 'limit'; readonly subject: number; readonly limits: WindowLimits }
  | { readonly kind: 'give-back'; readonly pick: number; readonly units: number }
  | { readonly kind: 'wait-for-room'; readonly subject: number }
  | { readonly kind: 'wait-for-retry'; readonly demands: readonly PlannedDemand[] };

/** How far the clock goes: some time, or to about a moment at which something changes. */
export type Pause =
  | { readonly to: 'later'; readonly byMs: number }
  | { readonly to: 'slot'; readonly window: WindowIndex; readonly slots: number; readonly offsetMs: number }
  | { readonly to: 'window'; readonly window: WindowIndex; readonly slots: number; readonly offsetMs: number };

/** @returns the moment at which a pause ends; never before `nowMs` */
export function endOf(pause: Pause, nowMs: number): number {
  if (pause.to === 'later') return nowMs + pause.byMs;
  const slotMs = WINDOWS[pause.window].slotTicks * TICK_MS;
  const atMs =
    pause.to === 'slot'
      ? (Math.floor(nowMs / slotMs) + pause.slots) * slotMs
      : nowMs + (SLOTS_PER_WINDOW + pause.slots) * slotMs;
  return Math.max(nowMs, atMs + pause.offsetMs);
}

const windowIndex = fc.constantFrom<WindowIndex>(0, 0, 0, 1, 1, 2);
const offsetMs = fc.constantFrom(-1, 0, 1);

export const pause: fc.Arbitrary<Pause> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ to: fc.constant('later'), byMs: fc.integer({ min: 0, max: 3_000 }) }) },
  { weight: 1, arbitrary: fc.record({ to: fc.constant('later'), byMs: fc.integer({ min: 0, max: 7_200_000 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      to: fc.constant('slot'),
      window: windowIndex,
      slots: fc.integer({ min: 1, max: SLOTS_PER_WINDOW + 2 }),
      offsetMs,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ to: fc.constant('window'), window: windowIndex, slots: fc.constantFrom(0, 1), offsetMs }),
  },
);

/** Small, so that a short history reaches them; 0 where a window has none. */
const limits: fc.Arbitrary<WindowLimits> = fc
  .tuple(limit(8), limit(14), limit(24))
  .filter((windows) => windows.some((value) => value > 0));

function limit(max: number): fc.Arbitrary<number> {
  return fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: MAX_NEED, max }) },
    { weight: 1, arbitrary: fc.constant(0) },
  );
}

/** Those of all subjects of a history. */
export const subjectLimits = fc.array(limits, { minLength: SUBJECTS, maxLength: SUBJECTS });

/** Histories begin anywhere within a slot of the longest window. */
export const startMs = fc.nat(7_200_000).map((afterMs) => TEST_EPOCH_MS + afterMs);

const planned: fc.Arbitrary<Omit<PlannedDemand, 'subject'>> = fc.oneof(
  { weight: 5, arbitrary: fc.constant({ need: 1, extra: 0 }) },
  { weight: 1, arbitrary: fc.record({ need: fc.integer({ min: 0, max: MAX_NEED }), extra: fc.nat(4) }) },
);

/** Of one to three subjects. */
export const demands: fc.Arbitrary<readonly PlannedDemand[]> = fc
  .tuple(fc.boolean(), fc.uniqueArray(fc.integer({ min: 1, max: SUBJECTS - 1 }), { minLength: 1, maxLength: 2 }))
  .chain(([withFirst, others]) => {
    const subjects = withFirst ? [0, ...others] : others;
    return fc.tuple(...subjects.map((subject) => planned.map((demand) => ({ subject, ...demand }))));
  });

const subject = fc.nat(SUBJECTS - 1);

/** A history in which the clock never goes back. */
export const operations: fc.Arbitrary<readonly LimiterOperation[]> = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constant('take'),
        takes: fc.array(demands, { minLength: 1, maxLength: 4 }),
      }),
    },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('wait'), pause }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('limit'), subject, limits }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('give-back'),
        pick: fc.nat(),
        units: fc.integer({ min: 1, max: 4 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait-for-room'), subject }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait-for-retry'), demands }) },
  ),
  { minLength: 1, maxLength: 40, size: 'max' },
);

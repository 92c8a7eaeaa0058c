/** Windows and bounds of the limiter. */

/** The shortest slot, in milliseconds: a twelfth of a minute. Every slot of every window begins on a whole tick. */
export const TICK_MS = 5_000;

/** Slots that make up a window. One more is counted, of which only a part lies in the window still. */
export const SLOTS_PER_WINDOW = 12;

/** Counters that a window keeps: its slots, and the one that is leaving. */
export const COUNTERS_PER_WINDOW = SLOTS_PER_WINDOW + 1;

/** A window's position in {@link WINDOWS} and in {@link WindowLimits}. */
export type WindowIndex = 0 | 1 | 2;

export interface Window {
  readonly name: 'minute' | 'hour' | 'day';
  readonly seconds: number;
  /** Ticks in one of its slots. */
  readonly slotTicks: number;
}

/** The windows, shortest first. A slot of a longer one is made of whole slots of a shorter one. */
export const WINDOWS: readonly [Window, Window, Window] = [
  { name: 'minute', seconds: 60, slotTicks: 1 },
  { name: 'hour', seconds: 3_600, slotTicks: 60 },
  { name: 'day', seconds: 86_400, slotTicks: 1_440 },
];

/** The largest limit of a window. What a window holds stays below twice as much, and so within 32 bits. */
export const MAX_WINDOW_LIMIT = 1_000_000_000;

/** Ticks by which the clock may go back before counts are moved to the present instead of the clock being held. */
export const HELD_TICKS = 12;

/** Subjects that one process counts in memory; past it the one first met goes, and its counts with it. */
export const MAX_SUBJECTS_IN_MEMORY = 1_000_000;

/** A lease takes at most this part of what is left, so that no process takes what others will need soon. */
export const LEASE_SHARE = 4;

/** Takes that one call of the Redis script decides; more go into the next call. */
export const MAX_TAKES_IN_BATCH = 256;

/** Takes of one process that may wait for Redis; further ones fail at once. */
export const MAX_TAKES_WAITING = 10_000;

import { COUNTERS_PER_WINDOW, HELD_TICKS, SLOTS_PER_WINDOW, TICK_MS, WINDOWS, type WindowIndex } from '../limits';
import type { WindowLimits } from '../subject';

/**
 * The counters of one subject: 32-bit numbers from `at` on, the same as the Redis driver packs into a value.
 *
 * ```
 * tick                         of the last change
 * sum, oldest      × 3         of each window: what it holds, and its oldest slot that holds anything
 * counter × 13     × 3         of each window: slot s in counter s % 13
 * ```
 *
 * A slot counts until it has wholly left the window, so a window holds its twelve slots and the one that is leaving.
 */
export interface Counters {
  readonly cells: Uint32Array;
  readonly at: number;
}

/** Cells that one subject takes. */
export const CELLS = 1 + WINDOWS.length * 2 + WINDOWS.length * COUNTERS_PER_WINDOW;

const INDEXES = [0, 1, 2] as const;
const SLOT_TICKS = [WINDOWS[0].slotTicks, WINDOWS[1].slotTicks, WINDOWS[2].slotTicks] as const;
const FIRST_COUNTER = 1 + WINDOWS.length * 2;

/** @param tickMs length of a tick; another one than {@link TICK_MS} only where a test scales time */
export function tickOf(nowMs: number, tickMs = TICK_MS): number {
  return Math.floor(nowMs / tickMs);
}

/**
 * Brings the counters to the present: what has left a window is taken out of it. A clock that went back a little is
 * held, so that nothing is counted for less than its window; after a larger step all that is held counts as of now.
 */
export function advance(counters: Counters, tick: number): void {
  const { cells, at } = counters;
  const last = cell(cells, at);
  if (tick === last) return;
  // Where nothing is held, there is nothing to hold the clock for.
  if (!isEmpty(counters)) {
    if (tick < last && last - tick <= HELD_TICKS) return;
    for (const index of INDEXES) {
      if (tick < last) gather(cells, at, index, slotAt(tick, index));
      else drop(cells, at, index, slotAt(last, index), slotAt(tick, index));
    }
  }
  cells[at] = tick;
}

/** Whether no window holds anything. */
export function isEmpty({ cells, at }: Counters): boolean {
  return cells[at + 1] === 0 && cells[at + 3] === 0 && cells[at + 5] === 0;
}

/** What a window holds. */
export function sumOf({ cells, at }: Counters, index: WindowIndex): number {
  return cell(cells, at + 1 + index * 2);
}

/** Counts units in every limited window, in the slot of the last {@link advance}. */
export function add({ cells, at }: Counters, limits: WindowLimits, units: number): void {
  const tick = cell(cells, at);
  for (const index of INDEXES) {
    if (limits[index] === 0) continue;
    const slot = slotAt(tick, index);
    const sum = at + 1 + index * 2;
    if (cells[sum] === 0) cells[sum + 1] = slot;
    cells[sum] = cell(cells, sum) + units;
    const counter = counterOf(at, index, slot);
    cells[counter] = cell(cells, counter) + units;
  }
}

/** Takes units out of the slots they were counted in at `tick`, as far as they are there. */
export function remove({ cells, at }: Counters, limits: WindowLimits, tick: number, units: number): void {
  const last = cell(cells, at);
  for (const index of INDEXES) {
    const slot = slotAt(tick, index);
    if (limits[index] === 0 || slot > slotAt(last, index) || slot < slotAt(last, index) - SLOTS_PER_WINDOW) continue;
    const counter = counterOf(at, index, slot);
    const removed = Math.min(units, cell(cells, counter));
    cells[counter] = cell(cells, counter) - removed;
    const sum = at + 1 + index * 2;
    cells[sum] = cell(cells, sum) - removed;
    findOldest(cells, at, index, slotAt(last, index));
  }
}

/**
 * When enough of a window has left it for `units` more.
 * @returns tick at whose beginning there is room; when all of it has left, where `limit` is less than `units`
 */
export function roomTick({ cells, at }: Counters, index: WindowIndex, limit: number, units: number): number {
  const newest = slotAt(cell(cells, at), index);
  const sum = at + 1 + index * 2;
  let left = cell(cells, sum);
  // The oldest slot of a window that holds nothing is any of the past.
  let slot = left === 0 ? newest : cell(cells, sum + 1);
  // At least the oldest: a window that has room gains more when that leaves.
  do {
    left -= cell(cells, counterOf(at, index, slot));
    slot += 1;
  } while (left + units > limit && slot <= newest);
  return (slot + SLOTS_PER_WINDOW) * SLOT_TICKS[index];
}

/** The last change, as a tick. */
export function lastTick({ cells, at }: Counters): number {
  return cell(cells, at);
}

/** Everything that a window holds counts as of this slot. */
function gather(cells: Uint32Array, at: number, index: WindowIndex, slot: number): void {
  const first = counterOf(at, index, 0);
  cells.fill(0, first, first + COUNTERS_PER_WINDOW);
  cells[counterOf(at, index, slot)] = cell(cells, at + 1 + index * 2);
  cells[at + 2 + index * 2] = slot;
}

/** Takes out what leaves a window while its newest slot moves from one to another. */
function drop(cells: Uint32Array, at: number, index: WindowIndex, from: number, to: number): void {
  if (from === to) return;
  const sum = at + 1 + index * 2;
  if (to - from >= COUNTERS_PER_WINDOW) {
    const first = counterOf(at, index, 0);
    cells.fill(0, first, first + COUNTERS_PER_WINDOW);
    cells[sum] = 0;
    return;
  }
  for (let slot = from + 1; slot <= to; slot += 1) {
    const counter = counterOf(at, index, slot);
    cells[sum] = cell(cells, sum) - cell(cells, counter);
    cells[counter] = 0;
  }
  findOldest(cells, at, index, to);
}

function findOldest(cells: Uint32Array, at: number, index: WindowIndex, newest: number): void {
  const sum = at + 1 + index * 2;
  if (cells[sum] === 0) return;
  let oldest = Math.max(cell(cells, sum + 1), newest - SLOTS_PER_WINDOW);
  while (cells[counterOf(at, index, oldest)] === 0) oldest += 1;
  cells[sum + 1] = oldest;
}

function slotAt(tick: number, index: WindowIndex): number {
  return Math.floor(tick / SLOT_TICKS[index]);
}

function counterOf(at: number, index: WindowIndex, slot: number): number {
  return at + FIRST_COUNTER + index * COUNTERS_PER_WINDOW + (slot % COUNTERS_PER_WINDOW);
}

/** Every position that is asked for lies within the array; the compiler can't know. */
function cell(cells: Uint32Array, position: number): number {
  return cells[position] ?? 0;
}

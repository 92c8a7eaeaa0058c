import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long work may go on without letting others have their turn, in milliseconds. */
const SLICE_MS = 1;
/** As much of it as is done at most, however fast. */
export const SLICE_STEPS = 200;

/** Cuts long work into slices between which everything else in the process has its turn. */
export class WorkSlices {
  private beganMs: number;
  private steps = 0;

  /** @param nowMs a monotone clock, in milliseconds */
  constructor(private readonly nowMs: () => number = () => performance.now()) {
    this.beganMs = nowMs();
  }

  /** Call before each step, which it counts: says whether to {@link rest} first. */
  isOver(): boolean {
    this.steps += 1;
    return this.steps > SLICE_STEPS || this.nowMs() - this.beganMs >= SLICE_MS;
  }

  /** Resolves when others have had their turn, which begins the next slice. */
  async rest(): Promise<void> {
    await nextTurn();
    this.steps = 0;
    this.beganMs = this.nowMs();
  }
}

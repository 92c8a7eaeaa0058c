import type { Clock } from '@tollgate/domain';
import type { Log } from '@tollgate/observability';

/** How long the same text is not written again, in milliseconds. */
export const SPARSE_WINDOW_MS = 60_000;
/** Texts that are remembered; past it the oldest is forgotten. */
const MAX_TEXTS = 100;

interface Written {
  readonly untilMs: number;
  leftOut: number;
}

/**
 * Warns of what comes often once it comes at all, such as a full disk: one line a minute and text, which says how many were left
 * out before it.
 */
export class SparseWarnings {
  private readonly written = new Map<string, Written>();

  constructor(
    private readonly log: Log,
    private readonly clock: Clock,
  ) {}

  warn(text: string, fields: Readonly<Record<string, unknown>>): void {
    const nowMs = this.clock.nowMs();
    const last = this.written.get(text);
    if (last !== undefined && nowMs < last.untilMs) {
      last.leftOut += 1;
      return;
    }
    // Anew, at the end of those that may be forgotten.
    this.written.delete(text);
    this.written.set(text, { untilMs: nowMs + SPARSE_WINDOW_MS, leftOut: 0 });
    for (const oldest of this.written.keys()) {
      if (this.written.size <= MAX_TEXTS) break;
      this.written.delete(oldest);
    }
    const leftOut = last?.leftOut ?? 0;
    this.log.warn(leftOut === 0 ? fields : { ...fields, leftOut }, text);
  }
}

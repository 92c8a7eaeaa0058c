import { Clock } from '@tollgate/domain';

/** The instant at which a {@link FakeClock} and every factory start. */
export const TEST_EPOCH_MS = Date.parse('2026-01-04T10:00:00.000Z');

/** A clock that stands still until it is told otherwise. */
export class FakeClock extends Clock {
  /** @param currentMs milliseconds since the Unix epoch */
  constructor(private currentMs: number = TEST_EPOCH_MS) {
    super();
  }

  override nowMs(): number {
    return this.currentMs;
  }

  /** Jumps to an instant, forwards or backwards. */
  set(to: Date | number): void {
    this.currentMs = typeof to === 'number' ? to : to.getTime();
  }

  /** @param byMs milliseconds; negative goes back */
  advance(byMs: number): void {
    this.currentMs += byMs;
  }
}

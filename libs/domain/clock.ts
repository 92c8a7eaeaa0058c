/** The only source of time. Injected, so that tests decide what time it is. */
export abstract class Clock {
  /** Milliseconds since the Unix epoch. */
  abstract nowMs(): number;

  /** The same instant as a `Date`. */
  now(): Date {
    return new Date(this.nowMs());
  }
}

/** The machine's own clock. */
export class SystemClock extends Clock {
  override nowMs(): number {
    return Date.now();
  }
}

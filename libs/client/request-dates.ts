import { randomInt } from 'node:crypto';
import type { ClientClock } from './client-clock';

const STEPS_PER_MS = 1_000_000;

/**
 * Values for `X-Qiniu-Date`: RFC 3339 with nine fractional digits, the last six of which count up.
 *
 * The server accepts the signature of a changing request once, so two equal requests within one millisecond must not
 * carry the same date. The count starts at a random number, so that two processes that share an AccessKey don't
 * produce the same dates either.
 */
export class RequestDates {
  readonly #clock: Pick<ClientClock, 'nowMs'>;
  #step = randomInt(STEPS_PER_MS);

  constructor(clock: Pick<ClientClock, 'nowMs'>) {
    this.#clock = clock;
  }

  /** A date that this object has not returned within the last million calls. */
  next(): string {
    this.#step = (this.#step + 1) % STEPS_PER_MS;
    const toMs = new Date(this.#clock.nowMs()).toISOString().slice(0, -1);
    return `${toMs}${String(this.#step).padStart(6, '0')}Z`;
  }
}

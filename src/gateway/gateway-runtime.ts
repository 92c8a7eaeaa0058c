import { randomBytes } from 'node:crypto';
import type { RandomBytes } from '@tollgate/frp-wire';
import { type BucketScheduler, EndingRelays, TurnFlusher } from '@tollgate/stream-kit';
import { Ticker } from './ticker';

/** What all connections of the process share. */
export class GatewayRuntime implements BucketScheduler {
  readonly flusher = new TurnFlusher();
  readonly endings = new EndingRelays();
  readonly ticker = new Ticker();
  readonly randomBytes: RandomBytes = randomBytes;

  constructor() {
    this.ticker.add(this.endings);
  }

  /** Monotone milliseconds. */
  nowMs(): number {
    return this.ticker.nowMs();
  }

  schedule(delayMs: number, task: () => void): void {
    setTimeout(task, delayMs).unref();
  }
}

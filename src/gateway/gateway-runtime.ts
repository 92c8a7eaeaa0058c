import { randomBytes } from 'node:crypto';
import type { RandomBytes } from '@tollgate/frp-wire';
import { type BucketScheduler, EndingRelays, TurnFlusher } from '@tollgate/stream-kit';
import { Ticker } from './ticker';

/** What all connections of the process share. */
export class GatewayRuntime implements BucketScheduler {
  readonly flusher: TurnFlusher;
  readonly endings = new EndingRelays();
  readonly ticker: Ticker;
  readonly randomBytes: RandomBytes = randomBytes;

  /**
   * @param reportFault whoever calls back for one connection or proxy catches what is thrown, ends that one, and says here what was
   * going on, in a word or two
   */
  constructor(readonly reportFault: (where: string, error: unknown) => void) {
    this.flusher = new TurnFlusher((error) => {
      reportFault('socket', error);
    });
    this.ticker = new Ticker(undefined, (error) => {
      reportFault('tick', error);
    });
    this.ticker.add(this.endings);
  }

  /** Monotone milliseconds. */
  nowMs(): number {
    return this.ticker.nowMs();
  }

  schedule(delayMs: number, task: () => void): void {
    setTimeout(() => {
      try {
        task();
      } catch (error) {
        this.reportFault('timer', error);
      }
    }, delayMs).unref();
  }
}

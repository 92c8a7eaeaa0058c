import {
  CounterStore,
  type Demand,
  MAX_TAKES_IN_BATCH,
  MAX_TAKES_WAITING,
  type TakeOutcome,
  type UnusedUnits,
} from '@tollgate/limiter';
import { TAKE_ANSWER_MS } from './limits';
import type { ApiLink } from './api-link';
import { TakeMessageBuilder, decodeOutcomes, encodeUnused } from './take-message';

interface WaitingTake {
  readonly demands: readonly Demand[];
  readonly resolve: (outcome: TakeOutcome) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Counts in the primary, for all workers together. Takes that arrive in one turn of the event loop go there in one
 * message, and are decided one after the other.
 */
export class IpcCounterStore extends CounterStore {
  private gathered: WaitingTake[] = [];
  private waiting = 0;

  constructor(private readonly link: ApiLink) {
    super();
  }

  /** @throws Error also when too many takes wait already */
  override take(demands: readonly Demand[]): Promise<TakeOutcome> {
    return new Promise((resolve, reject) => {
      if (this.waiting >= MAX_TAKES_WAITING) throw new Error('too many takes wait for the primary');
      this.waiting += 1;
      const isFirst = this.gathered.push({ demands, resolve, reject }) === 1;
      if (isFirst) {
        setImmediate(() => {
          this.sendGathered();
        });
      }
    });
  }

  override async giveBack(unused: readonly UnusedUnits[]): Promise<void> {
    await this.link.ask('give-back', unused.map(encodeUnused), TAKE_ANSWER_MS);
  }

  private sendGathered(): void {
    const takes = this.gathered;
    this.gathered = [];
    for (let from = 0; from < takes.length; from += MAX_TAKES_IN_BATCH) {
      void this.send(takes.slice(from, from + MAX_TAKES_IN_BATCH));
    }
  }

  private async send(takes: readonly WaitingTake[]): Promise<void> {
    const builder = new TakeMessageBuilder();
    for (const { demands } of takes) builder.add(demands);
    try {
      const answer = await this.link.ask('take', builder.message, TAKE_ANSWER_MS);
      const outcomes = decodeOutcomes(
        answer,
        takes.map(({ demands }) => demands),
      );
      takes.forEach(({ resolve }, index) => {
        resolve(outcomes[index] as TakeOutcome);
      });
    } catch (error) {
      for (const { reject } of takes) reject(error);
    } finally {
      this.waiting -= takes.length;
    }
  }
}

import type { LoginKeyScan } from './login-key-scan';

/** Tokens between two looks at the clock: some tenths of a millisecond. */
const SLICE_TOKENS = 500;
/** How long a search may hold the process without letting others have their turn, in milliseconds. */
const SLICE_MS = 1;

/** What a search needs of its surroundings. */
export interface SearchTurns {
  /** Monotone milliseconds. */
  readonly nowMs: () => number;
  /** Has the rest of the process do its work first. */
  readonly yieldTurn: () => Promise<void>;
}

export const PROCESS_TURNS: SearchTurns = {
  nowMs: () => performance.now(),
  yieldTurn: () =>
    new Promise((resolve) => {
      setImmediate(resolve);
    }),
};

/** Searches that can't be begun: as many wait already as may. */
export class SearchQueueFullError extends Error {
  override readonly name = 'SearchQueueFullError';
}

/** Looks for tokens by the keys of logins, one login after the other, a little at a time. */
export class LoginSearch {
  private waiting = 0;
  private last: Promise<unknown> = Promise.resolve();

  /** @param maxWaiting searches that may wait for those before them */
  constructor(
    private readonly scan: LoginKeyScan,
    private readonly maxWaiting: number,
    private readonly turns: SearchTurns = PROCESS_TURNS,
  ) {}

  get waitingCount(): number {
    return this.waiting;
  }

  /**
   * @returns the token, or `undefined` when there is none with that key
   * @throws SearchQueueFullError
   */
  find(key: string, timestamp: number): Promise<string | undefined> {
    if (this.waiting >= this.maxWaiting) return Promise.reject(new SearchQueueFullError('too many logins at once'));
    this.waiting += 1;
    const found = this.last.then(() => this.search(key, timestamp));
    this.last = found.finally(() => {
      this.waiting -= 1;
    });
    return found;
  }

  private async search(key: string, timestamp: number): Promise<string | undefined> {
    for (;;) {
      const { generation } = this.scan;
      const token = await this.searchOnce(key, timestamp);
      if (token !== undefined || generation === this.scan.generation) return token;
    }
  }

  private async searchOnce(key: string, timestamp: number): Promise<string | undefined> {
    const { nowMs, yieldTurn } = this.turns;
    const steps = this.scan.find(key, timestamp, SLICE_TOKENS);
    let beganMs = nowMs();
    for (;;) {
      const { done, value } = steps.next();
      if (done === true) return value;
      if (nowMs() - beganMs < SLICE_MS) continue;
      await yieldTurn();
      beganMs = nowMs();
    }
  }
}

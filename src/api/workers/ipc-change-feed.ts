import { type Change, ChangeFeed, ChangeListeners } from '@tollgate/domain';
import { CHANGES_PER_MESSAGE, HEARD_CHANGE_MS, MAX_HEARD_CHANGES } from './limits';
import type { ApiLink } from './api-link';

/**
 * The store's own feed, and beside it the primary, which passes what one worker changes to the others: a millisecond or
 * two instead of the store's next poll. What does not arrive this way comes with the store's news.
 */
export class IpcChangeFeed extends ChangeFeed {
  /** The store's: other installations' processes are not among the workers. */
  override readonly latencyMs: number | undefined;
  private readonly listeners: ChangeListeners;
  /** What others told of, and when: the store is about to tell of it as well, and they need not hear it again. */
  private readonly heard = new Map<string, number>();
  private untold: Change[] = [];

  /**
   * @param store tells of this process's writes before they are acknowledged
   * @param onFault told when a subscriber throws
   * @param nowMs monotonic
   */
  constructor(
    private readonly link: ApiLink,
    store: ChangeFeed,
    onFault: (error: unknown) => void,
    private readonly nowMs: () => number = () => performance.now(),
  ) {
    super();
    this.listeners = new ChangeListeners(onFault);
    this.latencyMs = store.latencyMs;
    store.subscribe((change) => {
      this.storeTold(change);
    });
    link.listen('changes', (changes) => {
      for (const change of changes) this.hear(change);
    });
  }

  override subscribe(listener: (change: Change) => void): () => void {
    return this.listeners.subscribe(listener);
  }

  private storeTold(change: Change): void {
    // `all` only says that this process may have missed something.
    if (change.kind !== 'all' && !this.wasHeard(change)) {
      // A microtask runs before those of the acknowledgement, which comes after this.
      if (this.untold.length === 0) {
        queueMicrotask(() => {
          this.tellOthers();
        });
      }
      this.untold.push(change);
    }
    this.listeners.tell(change);
  }

  private tellOthers(): void {
    const changes = this.untold;
    this.untold = [];
    for (let from = 0; from < changes.length; from += CHANGES_PER_MESSAGE) {
      void this.link.tell('changes', changes.slice(from, from + CHANGES_PER_MESSAGE));
    }
  }

  /** An own change soon after another's to the same thing counts as heard too; the others see that with the next poll. */
  private wasHeard(change: Change): boolean {
    const key = keyOf(change);
    const heardAtMs = this.heard.get(key);
    return heardAtMs !== undefined && this.heard.delete(key) && this.nowMs() - heardAtMs < HEARD_CHANGE_MS;
  }

  private hear(change: Change): void {
    if (this.heard.size >= MAX_HEARD_CHANGES) this.heard.clear();
    // Where the store tells nothing of others, whatever it tells is our own.
    if (this.latencyMs !== undefined) this.heard.set(keyOf(change), this.nowMs());
    this.listeners.tell(change);
  }
}

function keyOf(change: Change): string {
  switch (change.kind) {
    case 'token':
      return `t${change.tokenHash}`;
    case 'account':
      return `a${change.accountId}`;
    case 'all':
      return 'all';
  }
}

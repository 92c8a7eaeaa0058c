import { types } from 'node:util';
import { type Change, ChangeFeed, ChangeListeners, randomHex } from '@tollgate/domain';
import { decodeChangeMessage, encodeChangeMessage } from './change-message';
import { REDIS_LIMITS } from './limits';
import type { RedisConnection } from './redis-connection';
import type { RedisListener } from './redis-listener';

/**
 * The store's own feed, and beside it a Redis channel that carries what one process writes to all others at once. The
 * channel is quick but promises nothing: what is published while somebody is not connected is lost to them. So a process
 * forgets everything when its subscription stands again, and one whose message could not be sent tells everybody to
 * forget everything as soon as it can. What is missed all the same ends with a cache entry's time to live.
 */
export class RedisChangeFeed extends ChangeFeed {
  /** The store's: Redis makes changes known sooner, but not surely. */
  override readonly latencyMs: number | undefined;
  private readonly listeners: ChangeListeners;
  private readonly channel: string;
  private readonly origin = randomHex(8);
  private readonly unsubscribe: readonly (() => void)[];
  private listener: RedisListener | undefined;
  private unsent: Change[] = [];
  private othersMayHaveMissed = false;
  private failureReported = false;
  private nonsenseReported = false;
  private retry: NodeJS.Timeout | undefined;

  /**
   * @param store tells of this process's writes before they are acknowledged
   * @param onFault told when a subscriber throws, when others could not be told, and of messages that make no sense
   */
  constructor(
    private readonly connection: RedisConnection,
    store: ChangeFeed,
    private readonly onFault: (error: unknown) => void,
  ) {
    super();
    this.listeners = new ChangeListeners(onFault);
    this.latencyMs = store.latencyMs;
    this.channel = `${connection.keyPrefix}changes`;
    this.unsubscribe = [
      store.subscribe((change) => {
        this.storeTold(change);
      }),
      connection.onState((state) => {
        if (state === 'up') this.makeUp();
      }),
    ];
  }

  override subscribe(listener: (change: Change) => void): () => void {
    return this.listeners.subscribe(listener);
  }

  /** Hears what other processes publish, from soon on; own changes are told and published also without it. */
  start(): void {
    this.listener ??= this.connection.listen(this.channel, {
      subscribed: () => {
        this.nonsenseReported = false;
        this.listeners.tell({ kind: 'all' });
      },
      message: (text) => {
        this.hear(text);
      },
    });
  }

  /** To be called after the last write and before the connection is closed. */
  async close(): Promise<void> {
    for (const end of this.unsubscribe) end();
    clearTimeout(this.retry);
    this.sendUnsent();
    await this.listener?.close();
  }

  private storeTold(change: Change): void {
    // Only says that this process may have missed something.
    if (change.kind !== 'all') {
      // A microtask runs before those of the acknowledgement, which comes after this; by then the message is written to
      // the socket, and holds everything that one write changed.
      if (this.unsent.length === 0) {
        queueMicrotask(() => {
          this.sendUnsent();
        });
      }
      this.unsent.push(change);
    }
    this.listeners.tell(change);
  }

  private sendUnsent(): void {
    const changes = this.unsent;
    this.unsent = [];
    for (let at = 0; at < changes.length; at += REDIS_LIMITS.changesPerMessage) {
      void this.publish(changes.slice(at, at + REDIS_LIMITS.changesPerMessage));
    }
  }

  private async publish(changes: readonly Change[]): Promise<void> {
    try {
      await this.connection.client.publish(this.channel, encodeChangeMessage({ from: this.origin, changes }));
      this.failureReported = this.othersMayHaveMissed;
    } catch (error) {
      this.othersMayHaveMissed = true;
      this.reportFailure(error);
      this.retryLater();
    }
  }

  private reportFailure(error: unknown): void {
    if (this.failureReported) return;
    this.failureReported = true;
    // In words only: the client's error carries the message that could not be sent.
    const reason = types.isNativeError(error) ? error.message : 'unknown';
    this.onFault(new Error(`other processes could not be told of a change: ${reason}`));
  }

  private retryLater(): void {
    // While Redis is away, its return is what counts.
    if (this.retry !== undefined || this.connection.state === 'down') return;
    this.retry = setTimeout(() => {
      this.makeUp();
    }, REDIS_LIMITS.lostChangeRetryMs).unref();
  }

  private makeUp(): void {
    clearTimeout(this.retry);
    this.retry = undefined;
    if (!this.othersMayHaveMissed) return;
    // Before the answer: a message that fails meanwhile sets it again.
    this.othersMayHaveMissed = false;
    void this.publish([{ kind: 'all' }]);
  }

  private hear(text: string): void {
    const message = decodeChangeMessage(text);
    if (message === undefined) {
      if (!this.nonsenseReported) this.onFault(new Error(`a message on ${this.channel} is not one of ours: ignored`));
      this.nonsenseReported = true;
      return;
    }
    if (message.from === this.origin) return;
    for (const change of message.changes) this.listeners.tell(change);
  }
}

import { Injectable, Logger } from '@nestjs/common';
import { type Change, ChangeFeed, ChangeListeners } from '@tollgate/domain';

/**
 * Tells of this process's own writes only. A standalone MongoDB has no change streams, so what other processes write
 * stays unseen until a cache entry ends by itself, or until Redis carries the news.
 */
@Injectable()
export class MongoChangeFeed extends ChangeFeed {
  override readonly latencyMs = undefined;
  private readonly logger = new Logger(MongoChangeFeed.name);
  // The write is done: a subscriber's fault must not make it look failed.
  private readonly listeners = new ChangeListeners((error) => {
    this.logger.error('a subscriber failed', error instanceof Error ? error.stack : undefined);
  });

  override subscribe(listener: (change: Change) => void): () => void {
    return this.listeners.subscribe(listener);
  }

  /** Called by the repositories after a write is durable and before they acknowledge it. */
  publish(change: Change): void {
    this.listeners.tell(change);
  }
}

import { Injectable, Logger } from '@nestjs/common';
import { type Change, ChangeFeed } from '@tollgate/domain';

/**
 * Tells of this process's own writes only. A standalone MongoDB has no change streams, so what other processes write
 * stays unseen until a cache entry ends by itself, or until Redis carries the news.
 */
@Injectable()
export class MongoChangeFeed extends ChangeFeed {
  override readonly latencyMs = undefined;
  private readonly logger = new Logger(MongoChangeFeed.name);
  private readonly listeners = new Set<(change: Change) => void>();

  override subscribe(listener: (change: Change) => void): () => void {
    // Wrapped, so that one function subscribed twice is two subscriptions.
    const own = (change: Change): void => {
      listener(change);
    };
    this.listeners.add(own);
    return () => {
      this.listeners.delete(own);
    };
  }

  /** Called by the repositories after a write is durable and before they acknowledge it. */
  publish(change: Change): void {
    for (const listener of [...this.listeners]) {
      try {
        listener(change);
      } catch (error) {
        // The write is done: a subscriber's fault must not make it look failed.
        this.logger.error('a subscriber failed', error instanceof Error ? error.stack : undefined);
      }
    }
  }
}

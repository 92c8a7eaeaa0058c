import { Cluster, Redis } from 'ioredis';
import { answerWithin } from './answer-within';
import { clusterOptions, serverOptions } from './client-options';
import { FaultReport } from './fault-report';
import { type ChannelListener, RedisListener } from './redis-listener';
import { parseRedisUrl, type RedisTarget } from './redis-url';
import { type RedisState, WatchedClient } from './watched-client';

export interface RedisConnectionOptions {
  /** See {@link parseRedisUrl} for its forms. May hold a password. */
  readonly url: string;
  /** Before every key and channel of ours, so that several installations can share a server. Default: nothing. */
  readonly keyPrefix?: string;
  /** Told of each fault once for each outage, without secrets. */
  readonly onFault: (error: Error) => void;
}

/**
 * The connection of a process to Redis or Valkey: one server, a master named by sentinels, or a cluster. It is made in
 * the background and made anew for ever; while it is not there, commands fail at once, and none is sent twice. A server
 * that is silent for 3 s while it owes an answer counts as gone.
 */
export class RedisConnection {
  /** Before every key and channel of ours. The client does not add it by itself. */
  readonly keyPrefix: string;
  private readonly watched: WatchedClient<Redis | Cluster>;
  private readonly listeners = new Set<RedisListener>();

  private constructor(
    private readonly target: RedisTarget,
    private readonly options: RedisConnectionOptions,
  ) {
    this.keyPrefix = options.keyPrefix ?? '';
    this.watched = new WatchedClient(openClient(target), new FaultReport(target, options.onFault));
  }

  /**
   * Begins to connect and returns at once, whether Redis is there or not.
   * @throws RedisUrlError when the URL is wrong
   */
  static open(options: RedisConnectionOptions): RedisConnection {
    return new RedisConnection(parseRedisUrl(options.url), options);
  }

  get kind(): RedisTarget['kind'] {
    return this.target.kind;
  }

  /** For commands other than subscriptions. */
  get client(): Redis | Cluster {
    return this.watched.client;
  }

  /** The client's own word for what it is doing, such as `ready` or `reconnecting`. For people. */
  get status(): string {
    return this.watched.client.status;
  }

  /** Whether commands can be sent. */
  get state(): RedisState {
    return this.watched.state;
  }

  /**
   * @param listener told when the state becomes another
   * @returns a function that ends this
   */
  onState(listener: (state: RedisState) => void): () => void {
    return this.watched.onState(listener);
  }

  /**
   * Waits for the first connection, or the next.
   * @returns whether it is up; false after `timeoutMs`
   */
  async untilUp(timeoutMs: number): Promise<boolean> {
    if (this.state === 'up') return true;
    return new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        unsubscribe();
        resolve(this.state === 'up');
      };
      const timer = setTimeout(finish, timeoutMs);
      const unsubscribe = this.onState(finish);
    });
  }

  /**
   * Asks for a sign of life (of a cluster: of one of its servers).
   * @param timeoutMs after which silence counts as a failure
   * @throws when there is none
   */
  async ping(timeoutMs: number): Promise<void> {
    await answerWithin(timeoutMs, this.client.ping());
  }

  /**
   * Hears a channel on a connection of its own, until that is closed or this is.
   * @param channel its whole name, prefix included
   */
  listen(channel: string, listener: ChannelListener): RedisListener {
    const faults = new FaultReport(this.target, this.options.onFault);
    const opened = new RedisListener(this.target, this.client, channel, listener, faults);
    this.listeners.add(opened);
    return opened;
  }

  /** Ends every connection; commands under way get a second to be answered. */
  async close(): Promise<void> {
    await Promise.all([...this.listeners].map(async (listener) => listener.close()));
    await this.watched.close();
  }
}

function openClient(target: RedisTarget): Redis | Cluster {
  if (target.kind === 'cluster') return new Cluster([...target.hosts], clusterOptions(target));
  return new Redis(serverOptions(target));
}

import { Cluster, type Redis } from 'ioredis';
import { FaultReport } from './fault-report';
import { REDIS_LIMITS } from './limits';

/** `up`: commands can be sent. A server that fell silent counts as up until the silence has lasted long enough. */
export type RedisState = 'up' | 'down';

type StateListener = (state: RedisState) => void;

/**
 * Keeps a client alive: notices a silent server, connects for ever, handles every error event, and says when commands
 * can be sent and when not. Redis being absent at the start is the same as being away later.
 */
export class WatchedClient<C extends Redis | Cluster> {
  private readonly listeners = new Set<StateListener>();
  private readonly heartbeat: NodeJS.Timeout;
  private revival: NodeJS.Timeout | undefined;
  private current: RedisState = 'down';
  private beats = 0;
  private nodeLost = false;
  private closed = false;

  constructor(
    readonly client: C,
    private readonly faults: FaultReport,
  ) {
    const either: Redis | Cluster = client;
    either.on('error', (error: unknown) => {
      this.fault(error);
    });
    either.on('ready', () => {
      void this.ready();
    });
    for (const event of ['close', 'end'] as const) {
      either.on(event, () => {
        this.become('down');
      });
    }
    // A client never means to give up, but has states in which it does, such as a disconnect while sentinels are asked.
    either.on('end', () => {
      this.revive();
    });
    if (either instanceof Cluster) this.watchNodes(either);
    this.heartbeat = setInterval(() => {
      this.beat();
    }, REDIS_LIMITS.heartbeatMs).unref();
  }

  get state(): RedisState {
    return this.current;
  }

  onState(listener: StateListener): () => void {
    const subscription: StateListener = (state) => {
      listener(state);
    };
    this.listeners.add(subscription);
    return () => {
      this.listeners.delete(subscription);
    };
  }

  /** Waits a little for the answers that are due. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    clearInterval(this.heartbeat);
    clearTimeout(this.revival);
    const client: Redis | Cluster = this.client;
    if (client.status === 'ready') await settledWithin(REDIS_LIMITS.closeTimeoutMs, client.quit());
    client.disconnect();
    this.become('down');
    this.listeners.clear();
  }

  private fault(error: unknown): void {
    if (!this.closed) this.faults.report(error);
  }

  private async ready(): Promise<void> {
    const client: Redis | Cluster = this.client;
    // A cluster is ready when it knows its servers; those are connected to by their first command.
    if (client instanceof Cluster) await Promise.allSettled(client.nodes('master').map(async (node) => node.ping()));
    if (client.status === 'ready' && !this.closed) this.become('up');
  }

  private become(state: RedisState): void {
    if (state === this.current) return;
    this.current = state;
    if (state === 'up') this.faults.clear();
    for (const listener of [...this.listeners]) {
      try {
        listener(state);
      } catch (error) {
        this.fault(error);
      }
    }
  }

  private beat(): void {
    this.beats += 1;
    const client: Redis | Cluster = this.client;
    const servers = client instanceof Cluster ? client.nodes() : [client];
    for (const server of servers) {
      // Only makes an answer due: its absence is noticed by the socket, its failure by whoever needs the server.
      if (server.status === 'ready') server.ping().catch(() => undefined);
    }
    // Where a part of a cluster was away, nothing else says that it is back.
    if (this.current === 'up' && servers.every((server) => server.status === 'ready')) this.faults.clear();
    if (!(client instanceof Cluster) || client.status !== 'ready') return;
    if (this.nodeLost || this.beats % REDIS_LIMITS.clusterRefreshBeats === 0) {
      this.nodeLost = false;
      client.refreshSlotsCache();
    }
  }

  private watchNodes(cluster: Cluster): void {
    // At once instead of at the first command, which would have to wait for it or fail.
    cluster.on('+node', (node: Redis) => {
      node.connect().catch(() => undefined);
    });
    cluster.on('-node', () => {
      this.nodeLost = true;
    });
    cluster.on('node error', (error: unknown) => {
      this.fault(error);
    });
  }

  private revive(): void {
    if (this.closed) return;
    this.revival = setTimeout(() => {
      const client: Redis | Cluster = this.client;
      client.connect().catch(() => undefined);
    }, REDIS_LIMITS.retryDelayMs);
  }
}

async function settledWithin(timeoutMs: number, promise: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs);
  });
  await Promise.race([promise.catch(() => undefined), timeout]);
  clearTimeout(timer);
}

import { Cluster, Redis } from 'ioredis';
import { clusterListenerOptions, retryDelayMs, serverOptions } from './client-options';
import type { FaultReport } from './fault-report';
import type { RedisHost, RedisTarget } from './redis-url';
import { WatchedClient } from './watched-client';

/** Who is told of what is published on a channel. */
export interface ChannelListener {
  /** The subscription stands, for the first time or again: what was published before may have been missed. */
  subscribed(): void;
  message(text: string): void;
}

/** Hears one channel, on a connection of its own, which is made anew for ever. */
export class RedisListener {
  private readonly watched: WatchedClient<Redis>;

  /** @param commands the client whose servers are those to listen to */
  constructor(
    target: RedisTarget,
    commands: Redis | Cluster,
    private readonly channel: string,
    private readonly listener: ChannelListener,
    private readonly faults: FaultReport,
  ) {
    const client = target.kind === 'cluster' ? openClusterListener(target, commands) : new Redis(serverOptions(target));
    client.on('message', (_channel: string, text: string) => {
      listener.message(text);
    });
    client.on('ready', () => {
      void this.subscribe();
    });
    this.watched = new WatchedClient(client, faults);
  }

  async close(): Promise<void> {
    await this.watched.close();
  }

  private async subscribe(): Promise<void> {
    const { client } = this.watched;
    try {
      await client.subscribe(this.channel);
    } catch (error) {
      this.faults.report(error);
      // Deaf but connected would last; a new connection tries again.
      if (client.status === 'ready') client.disconnect(true);
      return;
    }
    this.listener.subscribed();
  }
}

/**
 * All servers of a cluster pass on what is published on any of them. The client's own subscription to a cluster is of
 * no use here: it neither notices a silent server nor tells when it has subscribed again.
 */
function openClusterListener(target: Extract<RedisTarget, { kind: 'cluster' }>, commands: Redis | Cluster): Redis {
  let tries = Math.floor(Math.random() * target.hosts.length);
  const next = (): RedisHost => {
    const hosts = [...knownHosts(commands), ...target.hosts];
    tries += 1;
    return hosts[tries % hosts.length] ?? target.hosts[0];
  };
  const client: Redis = new Redis({
    ...clusterListenerOptions(target),
    ...next(),
    retryStrategy: (attempt) => {
      Object.assign(client.options, next());
      return retryDelayMs(attempt);
    },
  });
  // A server that left the cluster hears nothing more, and keeps the connection.
  commands.on('-node', (node: Redis) => {
    const { host, port } = client.options;
    if (node.options.host === host && node.options.port === port && client.status === 'ready') client.disconnect(true);
  });
  return client;
}

function knownHosts(commands: Redis | Cluster): readonly RedisHost[] {
  if (!(commands instanceof Cluster)) return [];
  return commands.nodes().flatMap(({ options: { host, port } }) => {
    return host === undefined || port === undefined ? [] : [{ host, port }];
  });
}

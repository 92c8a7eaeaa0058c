import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { ChangeFeed } from '@tollgate/domain';
import { Log } from '@tollgate/observability';
import { RedisChangeFeed, RedisConnection } from '@tollgate/redis';
import type { ApiSettings } from '../settings/api.settings';
import { IpcChangeFeed } from '../workers/ipc-change-feed';
import { WorkerGroup } from '../workers/worker-group';
import { INSTALLATION_CHANGES } from './installation-changes';

/** The connection to Redis, where there is one. */
export class SharedRedis implements OnApplicationShutdown {
  constructor(readonly connection: RedisConnection | undefined) {}

  /** After everybody who still had something to tell or to give back. */
  async onApplicationShutdown(): Promise<void> {
    await this.connection?.close();
  }
}

/** Carries what others change into this process, and what this process changes to others. */
class ChangeExchange implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(readonly changes: ChangeFeed) {}

  onApplicationBootstrap(): void {
    if (this.changes instanceof RedisChangeFeed) this.changes.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    if (this.changes instanceof RedisChangeFeed) await this.changes.close();
  }
}

/** Redis, when REDIS_URL is set: news of changes between processes, and the counters of all limits. */
@Module({})
export class RedisModule {
  static forRoot(settings: ApiSettings): DynamicModule {
    const url = settings.REDIS_URL?.reveal();
    return {
      module: RedisModule,
      global: true,
      providers: [
        {
          provide: SharedRedis,
          useFactory: (log: Log) => new SharedRedis(url === undefined ? undefined : connect(url, settings, log)),
          inject: [Log],
        },
        {
          provide: ChangeExchange,
          useFactory: (store: ChangeFeed, { connection }: SharedRedis, { primary }: WorkerGroup, log: Log) => {
            const onFault = (error: unknown): void => {
              log.warn({ err: error }, 'news of changes between processes are disturbed');
            };
            if (connection !== undefined) return new ChangeExchange(new RedisChangeFeed(connection, store, onFault));
            return new ChangeExchange(primary === undefined ? store : new IpcChangeFeed(primary, store, onFault));
          },
          inject: [ChangeFeed, SharedRedis, WorkerGroup, Log],
        },
        {
          provide: INSTALLATION_CHANGES,
          useFactory: ({ changes }: ChangeExchange) => changes,
          inject: [ChangeExchange],
        },
      ],
      exports: [SharedRedis, INSTALLATION_CHANGES],
    };
  }
}

function connect(url: string, settings: ApiSettings, log: Log): RedisConnection {
  const connection = RedisConnection.open({
    url,
    keyPrefix: settings.REDIS_KEY_PREFIX,
    onFault: (error) => {
      log.warn({ err: error }, 'Redis is disturbed');
    },
  });
  connection.onState((state) => {
    log.info({ state, kind: connection.kind }, 'Redis');
  });
  return connection;
}

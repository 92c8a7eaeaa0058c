import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freeRedisPort, type RedisServerProcess, startRedisServer } from '../../scripts/services/redis.mjs';
import { eventually } from './eventually';
import { redisCommand } from './redis-command';
import { type RedisForTests, startRedis } from './redis-server';

const START_TIMEOUT_MS = 15_000;
const MASTER_NAME = 'tollgate';

/** One master and one replica, watched by sentinels. */
export interface SentinelForTests {
  /** `redis+sentinel://…` */
  readonly url: string;
  /** The server that is the master at the start. */
  readonly master: RedisForTests;
  readonly replica: RedisForTests;
  /** The port of the server that the sentinels call the master. */
  masterPort(): Promise<number>;
  stop(): Promise<void>;
}

/**
 * @param options.sentinels 1 to 3; a failover takes the agreement of most of them. Default 1, the fastest to start
 * @param options.downAfterMs silence after which a server counts as gone. Default 500
 */
export async function startSentinel(
  options: { readonly sentinels?: 1 | 2 | 3; readonly downAfterMs?: number } = {},
): Promise<SentinelForTests> {
  const { sentinels: count = 1, downAfterMs = 500 } = options;
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-sentinel-'));
  const running: { stop(): Promise<void> }[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(running.map(async (server) => server.stop()));
    await rm(folder, { recursive: true, force: true });
  };
  try {
    // Without the wait for more replicas that might come.
    const master = await startRedis({ args: ['--repl-diskless-sync-delay', '0'] });
    running.push(master);
    const replica = await startRedis({ args: ['--replicaof', '127.0.0.1', String(master.port)] });
    running.push(replica);
    await eventually(START_TIMEOUT_MS, async () => {
      // Sentinels learn of a replica when they first look, and then only every ten seconds.
      const info = String(await redisCommand(master.port, 'INFO', 'replication'));
      if (!info.includes('state=online')) throw new Error('the replica does not follow the master');
    });
    const sentinels: RedisServerProcess[] = [];
    for (let index = 0; index < count; index += 1) {
      const configFile = join(folder, `${String(index)}.conf`);
      await writeFile(configFile, sentinelConfig(master.port, Math.floor(count / 2) + 1, downAfterMs));
      const sentinel = await startRedisServer({ port: await freeRedisPort(), configFile, args: ['--sentinel'] });
      running.push(sentinel);
      sentinels.push(sentinel);
    }
    for (const { port } of sentinels) await eventually(START_TIMEOUT_MS, async () => knowsAll(port, count - 1));

    const [first] = sentinels;
    if (first === undefined) throw new Error('there is no sentinel');
    const hosts = sentinels.map(({ port }) => `127.0.0.1:${String(port)}`).join(',');
    return {
      url: `redis+sentinel://${hosts}/${MASTER_NAME}`,
      master,
      replica,
      masterPort: async () => {
        const address = await redisCommand(first.port, 'SENTINEL', 'GET-MASTER-ADDR-BY-NAME', MASTER_NAME);
        return Number((address as [string, string])[1]);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function sentinelConfig(masterPort: number, quorum: number, downAfterMs: number): string {
  return [
    `sentinel monitor ${MASTER_NAME} 127.0.0.1 ${String(masterPort)} ${String(quorum)}`,
    `sentinel down-after-milliseconds ${MASTER_NAME} ${String(downAfterMs)}`,
    `sentinel failover-timeout ${MASTER_NAME} 3000`,
    '',
  ].join('\n');
}

async function knowsAll(sentinelPort: number, otherSentinels: number): Promise<void> {
  const fields = (await redisCommand(sentinelPort, 'SENTINEL', 'MASTER', MASTER_NAME)) as readonly string[];
  const valueOf = (name: string): string | undefined => fields[fields.indexOf(name) + 1];
  if (valueOf('num-slaves') !== '1' || valueOf('num-other-sentinels') !== String(otherSentinels)) {
    throw new Error('the sentinels do not know each other or the replica yet');
  }
}

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { eventually } from './eventually';
import { redisCommand } from './redis-command';
import { type RedisForTests, startRedis } from './redis-server';

const START_TIMEOUT_MS = 15_000;
const MASTERS = 3;

/** Three masters without replicas. */
export interface ClusterForTests {
  /** `redis+cluster://…` naming all of them */
  readonly url: string;
  readonly servers: readonly RedisForTests[];
  stop(): Promise<void>;
}

/** Stop it at the end. A server restarted with `restart()` has forgotten the cluster; freeze and thaw keep it. */
export async function startCluster(): Promise<ClusterForTests> {
  const servers: RedisForTests[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map(async (server) => server.stop()));
  };
  try {
    // A part whose server is away must not stop the rest, as with replicas that take over.
    const args = [
      '--cluster-enabled',
      'yes',
      '--cluster-node-timeout',
      '2000',
      '--cluster-require-full-coverage',
      'no',
    ];
    while (servers.length < MASTERS) servers.push(await startRedis({ args }));
    const addresses = servers.map(({ port }) => `127.0.0.1:${String(port)}`);
    const create = ['--cluster', 'create', ...addresses, '--cluster-yes'];
    await promisify(execFile)('redis-cli', create, { timeout: START_TIMEOUT_MS });
    for (const { port } of servers) {
      await eventually(START_TIMEOUT_MS, async () => {
        const info = String(await redisCommand(port, 'CLUSTER', 'INFO'));
        const isWhole = info.includes('cluster_state:ok') && info.includes('cluster_slots_assigned:16384');
        if (!isWhole) throw new Error('the cluster is not whole yet');
      });
    }
    return { url: `redis+cluster://${addresses.join(',')}`, servers, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

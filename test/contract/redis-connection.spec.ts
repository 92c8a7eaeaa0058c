import { RedisConnection, RedisUrlError } from '@tollgate/redis';
import { freeRedisPort } from '../../scripts/services/redis.mjs';
import { eventually } from '../support/eventually';
import { startCluster } from '../support/redis-cluster';
import { startSentinel } from '../support/redis-sentinel';
import { describeWithRedisProgram, type RedisForTests, startRedis } from '../support/redis-server';

const CONNECT_MS = 2000;
/** Of a restarted server, as promised. */
const RECOVERY_MS = 2000;
/** Silence until it is noticed, plus the time between two pings, plus room for a busy machine. */
const SILENCE_MS = 5500;
const FAILOVER_MS = 15_000;

describeWithRedisProgram('RedisConnection', () => {
  const opened: { close(): Promise<void> }[] = [];
  const started: { stop(): Promise<void> }[] = [];
  let faults: Error[] = [];

  function open(url: string): RedisConnection {
    const connection = RedisConnection.open({ url, onFault: (error) => faults.push(error) });
    opened.push(connection);
    return connection;
  }

  async function running<S extends { stop(): Promise<void> }>(starting: Promise<S>): Promise<S> {
    const server = await starting;
    started.push(server);
    return server;
  }

  async function becomes(connection: RedisConnection, state: 'up' | 'down', withinMs: number): Promise<number> {
    const from = performance.now();
    await eventually(withinMs, async () => {
      expect(connection.state).toBe(state);
    });
    return performance.now() - from;
  }

  beforeEach(() => {
    faults = [];
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map(async (connection) => connection.close()));
    await Promise.all(started.splice(0).map(async (server) => server.stop()));
  });

  describe('to one server', () => {
    it('is up when the server is there, and uses the database of the URL', async () => {
      const server = await running(startRedis());
      const connection = open(`${server.url}/3`);
      expect(connection.state).toBe('down');
      expect(await connection.untilUp(CONNECT_MS)).toBe(true);

      expect(connection.kind).toBe('single');
      await connection.ping(1000);
      expect(await connection.client.call('CLIENT', 'INFO')).toMatch(/ db=3 /);
      expect(faults).toEqual([]);
    });

    it('logs in with the user and password of the URL', async () => {
      const server = await running(startRedis({ args: ['--requirepass', 'p@ss:word'] }));
      const connection = open(server.url.replace('//', '//:p%40ss:word@'));
      expect(await connection.untilUp(CONNECT_MS)).toBe(true);
    });

    it('reports a wrong password once, without it, and goes on trying', async () => {
      const server = await running(startRedis({ args: ['--requirepass', 'right'] }));
      const connection = open(server.url.replace('//', '//:hunter2@'));
      await eventually(CONNECT_MS, async () => {
        expect(faults).toHaveLength(1);
      });
      expect(await connection.untilUp(700)).toBe(false);

      expect(faults).toHaveLength(1);
      expect(faults[0]?.message).toContain('WRONGPASS');
      expect(JSON.stringify(Object.getOwnPropertyDescriptors(faults[0]))).not.toContain('hunter2');
    });

    it('treats a server that is absent at the start as one that is away, and finds it when it comes', async () => {
      const port = await freeRedisPort();
      const connection = open(`redis://127.0.0.1:${String(port)}`);
      expect(await connection.untilUp(800)).toBe(false);
      await expect(connection.client.get('x')).rejects.toThrow();
      await expect(connection.ping(1000)).rejects.toThrow();
      expect(faults.map(({ message }) => message)).toEqual([expect.stringContaining('ECONNREFUSED')]);

      await running(startRedis({ port }));
      expect(await connection.untilUp(RECOVERY_MS)).toBe(true);
    });

    it('says when a killed server is gone and back, reports each outage once, and recovers within 2 s', async () => {
      const server = await running(startRedis());
      const connection = open(server.url);
      await connection.untilUp(CONNECT_MS);
      const states: string[] = [];
      connection.onState((state) => states.push(state));

      for (const outage of [1, 2]) {
        await server.kill();
        await becomes(connection, 'down', 1000);
        await eventually(CONNECT_MS, async () => {
          expect(faults).toHaveLength(outage);
        });
        await server.restart();
        expect(await becomes(connection, 'up', RECOVERY_MS)).toBeLessThan(RECOVERY_MS);
        await connection.ping(1000);
      }
      expect(states).toEqual(['down', 'up', 'down', 'up']);
      expect(faults).toHaveLength(2);
    });

    it('fails commands that are under way when the server dies, and sends none of them again', async () => {
      const server = await running(startRedis());
      const connection = open(server.url);
      await connection.untilUp(CONNECT_MS);

      server.freeze();
      const write = connection.client.set('written', 'once');
      await Promise.all([expect(write).rejects.toThrow(), server.kill()]);
      await server.restart();
      await becomes(connection, 'up', RECOVERY_MS);

      expect(await connection.client.exists('written')).toBe(0);
    });

    it('leaves a server that has fallen silent, and comes back when it speaks again', async () => {
      const server = await running(startRedis());
      const connection = open(server.url);
      await connection.untilUp(CONNECT_MS);

      server.freeze();
      await expect(connection.ping(50)).rejects.toThrow('did not answer within 50 ms');
      await becomes(connection, 'down', SILENCE_MS);
      expect(faults.map(({ message }) => message)).toContainEqual(expect.stringContaining('timeout'));
      // Also the new connection, which a frozen server accepts and does not greet.
      expect(await connection.untilUp(500)).toBe(false);

      server.thaw();
      expect(await connection.untilUp(RECOVERY_MS)).toBe(true);
      await connection.ping(1000);
    });

    it('closes at once although the server is away, and does not connect when that comes', async () => {
      const port = await freeRedisPort();
      const connection = open(`redis://127.0.0.1:${String(port)}`);
      await connection.untilUp(100);
      const from = performance.now();
      await connection.close();
      expect(performance.now() - from).toBeLessThan(500);

      await running(startRedis({ port }));
      expect(await connection.untilUp(600)).toBe(false);
      expect(connection.status).not.toBe('ready');
    });
  });

  describe('by sentinels', () => {
    async function losesItsMaster(lose: (master: RedisForTests) => unknown): Promise<void> {
      const sentinel = await running(startSentinel());
      const connection = open(sentinel.url);
      expect(await connection.untilUp(CONNECT_MS)).toBe(true);
      expect(connection.kind).toBe('sentinel');
      await connection.client.set('seen', 'by the replica');
      await connection.client.wait(1, 1000);

      await lose(sentinel.master);
      await eventually(FAILOVER_MS, async () => {
        expect(await connection.client.set('after', 'the failover')).toBe('OK');
        expect(await sentinel.masterPort()).toBe(sentinel.replica.port);
      });
      expect(await connection.client.get('seen')).toBe('by the replica');
    }

    it('follows to the new master when the old one is killed', async () => {
      await losesItsMaster(async (master) => master.kill());
    });

    it('follows to the new master when the old one falls silent', async () => {
      await losesItsMaster((master) => {
        master.freeze();
      });
    });

    it('goes on asking for sentinels that are absent, says so once, and can be closed meanwhile', async () => {
      const port = await freeRedisPort();
      const connection = open(`redis+sentinel://127.0.0.1:${String(port)}/tollgate`);
      expect(await connection.untilUp(600)).toBe(false);

      expect(faults.map(({ message }) => message)).toEqual([expect.stringContaining('All sentinels are unreachable')]);
      await connection.close();
      expect(await connection.untilUp(600)).toBe(false);
    });
  });

  describe('to a cluster', () => {
    it('reaches every part as soon as it is up, loses one with its server and finds it again', async () => {
      const cluster = await running(startCluster());
      const connection = open(cluster.url);
      expect(connection.kind).toBe('cluster');
      expect(await connection.untilUp(CONNECT_MS)).toBe(true);
      const writes = async (): Promise<readonly PromiseSettledResult<unknown>[]> =>
        Promise.allSettled(
          Array.from({ length: 50 }, async (_, key) => connection.client.set(`key:${String(key)}`, 1)),
        );
      expect((await writes()).map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 'fulfilled'));

      const [, second] = cluster.servers;
      second!.freeze();
      const during = new Set((await writes()).map(({ status }) => status));
      expect(during).toEqual(new Set(['fulfilled', 'rejected']));
      second!.thaw();
      await eventually(SILENCE_MS, async () => {
        expect((await writes()).filter(({ status }) => status === 'rejected')).toEqual([]);
      });
    });
  });

  it('refuses a wrong URL before it connects', () => {
    expect(() => open('http://127.0.0.1')).toThrow(RedisUrlError);
  });
});

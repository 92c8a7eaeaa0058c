import { type Change, ChangeFeed, randomHex } from '@tollgate/domain';
import { RedisChangeFeed, RedisConnection } from '@tollgate/redis';
import type { Redis } from 'ioredis';
import { freeRedisPort } from '../../scripts/services/redis.mjs';
import { eventually } from '../support/eventually';
import { startCluster } from '../support/redis-cluster';
import { redisCommand } from '../support/redis-command';
import { describeWithRedisProgram, type RedisForTests, startRedis } from '../support/redis-server';

const SOON_MS = 3000;
const ALL: Change = { kind: 'all' };
const PREFIX = 'feed-test:';
const CHANNEL = `${PREFIX}changes`;

/** A store whose writes are what a test says. */
class StoreFeed extends ChangeFeed {
  override readonly latencyMs = 150;
  private readonly listeners = new Set<(change: Change) => void>();

  override subscribe(listener: (change: Change) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async write(...changes: readonly Change[]): Promise<void> {
    for (const change of changes) for (const listener of this.listeners) listener(change);
  }
}

/** What one process has of all this. */
class Process {
  readonly store = new StoreFeed();
  readonly told: Change[] = [];
  readonly faults: unknown[] = [];
  readonly connection: RedisConnection;
  readonly feed: RedisChangeFeed;

  constructor(url: string) {
    this.connection = RedisConnection.open({ url, keyPrefix: PREFIX, onFault: () => undefined });
    this.feed = new RedisChangeFeed(this.connection, this.store, (error) => this.faults.push(error));
    this.feed.subscribe((change) => this.told.push(change));
    this.feed.start();
  }

  async stop(): Promise<void> {
    await this.feed.close();
    await this.connection.close();
  }

  async hears(...changes: readonly Change[]): Promise<void> {
    await eventually(SOON_MS, async () => {
      expect(this.told).toEqual(expect.arrayContaining([...changes]));
    });
  }

  count(change: Change): number {
    return this.told.filter((told) => JSON.stringify(told) === JSON.stringify(change)).length;
  }
}

function tokenChange(): Change {
  return { kind: 'token', tokenHash: randomHex(32) };
}

describeWithRedisProgram('RedisChangeFeed', () => {
  const processes: Process[] = [];
  let server: RedisForTests;

  /** Processes whose subscriptions stand. */
  async function started(count: number, url = server.url): Promise<readonly Process[]> {
    const some = Array.from({ length: count }, () => new Process(url));
    processes.push(...some);
    for (const process of some) {
      expect(await process.connection.untilUp(SOON_MS)).toBe(true);
      await process.hears(ALL);
      process.told.length = 0;
    }
    return some;
  }

  beforeAll(async () => {
    server = await startRedis();
  });
  afterEach(async () => {
    await Promise.all(processes.splice(0).map(async (process) => process.stop()));
  });
  afterAll(async () => {
    await server.stop();
  });

  it('tells what one process writes to every other, and to the writer itself, each once', async () => {
    const [writer, ...others] = await started(3);
    const first = tokenChange();
    const second: Change = { kind: 'account', accountId: 'acc_1' };
    await writer!.store.write(first, second);
    expect(writer!.told).toEqual([first, second]);

    const last = tokenChange();
    await others[0]!.store.write(last);
    for (const process of [writer!, ...others]) {
      await process.hears(last);
      expect([first, second, last].map((change) => process.count(change))).toEqual([1, 1, 1]);
      expect(process.count(ALL)).toBe(0);
    }
  });

  it('has the changes of one write on their way in one message before the write is acknowledged', async () => {
    const [writer] = await started(1);
    const client = writer!.connection.client as Redis;
    const publish = jest.spyOn(client, 'publish');
    const before = client.stream.bytesWritten;
    const changes = [tokenChange(), tokenChange(), tokenChange()];

    await writer!.store.write(...changes).then(() => {
      expect(publish).toHaveBeenCalledTimes(1);
      expect(client.stream.bytesWritten - before).toBeGreaterThan(changes.length * 64);
      expect(client.stream.writableLength).toBe(0);
    });
  });

  it('loses none of more changes than one message holds', async () => {
    const [writer, other] = await started(2);
    const changes = Array.from({ length: 1000 }, tokenChange);
    await writer!.store.write(...changes);
    await other!.hears(changes.at(-1)!);

    expect(other!.told).toEqual(changes);
  });

  it('does not publish what came from another process, nor what its own store may have missed', async () => {
    const [writer, other] = await started(2);
    const publish = jest.spyOn(other!.connection.client, 'publish');
    const change = tokenChange();
    await writer!.store.write(change);
    await other!.hears(change);
    await other!.store.write(ALL);
    await other!.hears(ALL);

    expect(publish).not.toHaveBeenCalled();
  });

  it('says to forget everything once the subscription stands again after a restart', async () => {
    const [writer, other] = await started(2);
    await server.restart();
    await other!.hears(ALL);
    await eventually(SOON_MS, async () => {
      expect(writer!.connection.state).toBe('up');
    });
    const change = tokenChange();
    await writer!.store.write(change);
    await other!.hears(change);
  });

  it('tells others to forget everything when it could not tell them of a change', async () => {
    const [writer, other] = await started(2);
    const id = await writer!.connection.client.call('CLIENT', 'ID');
    await redisCommand(server.port, 'CLIENT', 'KILL', 'ID', String(id));
    await eventually(SOON_MS, async () => {
      expect(writer!.connection.state).toBe('down');
    });
    const [first, second] = [tokenChange(), tokenChange()];
    await writer!.store.write(first);
    await writer!.store.write(second);
    expect(writer!.told).toEqual([first, second]);
    await other!.hears(ALL);

    expect(other!.told).toEqual([ALL]);
    expect(writer!.faults).toEqual([
      expect.objectContaining({ message: expect.stringContaining('could not be told of a change') }),
    ]);
  });

  it('tells others to forget everything also when the failure left the connection as it was', async () => {
    const [writer, other] = await started(2);
    const { client } = writer!.connection;
    jest.spyOn(client, 'publish').mockRejectedValueOnce(new Error('once')).mockRejectedValueOnce(new Error('twice'));
    await writer!.store.write(tokenChange());
    await other!.hears(ALL);

    expect(client.publish).toHaveBeenCalledTimes(3);
    expect(writer!.faults).toHaveLength(1);
  });

  it.each([
    ['nonsense', 'nonsense'],
    ['a message that is too long', `{"from":"x","changes":[{"kind":"all"}]}${' '.repeat(65_536)}`],
  ])('ignores %s, says so once, and hears what comes after', async (_what, text) => {
    const [writer, other] = await started(2);
    const { client } = writer!.connection;
    await client.publish(CHANNEL, text);
    await client.publish(CHANNEL, text);
    const change = tokenChange();
    await writer!.store.write(change);
    await other!.hears(change);

    expect(other!.told).toEqual([change]);
    expect(other!.faults).toHaveLength(1);
  });

  it('tells the others although one subscriber throws, and reports it', async () => {
    const [writer] = await started(1);
    const broken = new Error('a broken subscriber');
    const late: Change[] = [];
    writer!.feed.subscribe(() => {
      throw broken;
    });
    const end = writer!.feed.subscribe((change) => late.push(change));
    const change = tokenChange();
    await writer!.store.write(change);
    end();
    await writer!.store.write(tokenChange());

    expect(late).toEqual([change]);
    expect(writer!.faults).toEqual([broken, broken]);
  });

  it('tells its own changes while Redis is away, and catches up when it comes', async () => {
    const port = await freeRedisPort();
    const process = new Process(`redis://127.0.0.1:${String(port)}`);
    processes.push(process);
    const change = tokenChange();
    await process.store.write(change);
    expect(process.told).toEqual([change]);

    const late = await startRedis({ port });
    try {
      await process.hears(ALL);
    } finally {
      await late.stop();
    }
  });

  it('promises no more than the store does', () => {
    const process = new Process(server.url);
    processes.push(process);
    expect(process.feed.latencyMs).toBe(process.store.latencyMs);
  });

  it('reaches every process on a cluster, also after the server that one listened to has died', async () => {
    const cluster = await startCluster();
    try {
      const [writer, other] = await started(2, cluster.url);
      // The servers of a cluster that has just come up may not know each other's listeners yet.
      await eventually(SOON_MS, async () => {
        const early = tokenChange();
        await writer!.store.write(early);
        await eventually(300, async () => {
          expect(other!.told).toContainEqual(early);
        });
      });

      for (const { port, kill } of cluster.servers) {
        const listeners = String(await redisCommand(port, 'CLIENT', 'LIST', 'TYPE', 'PUBSUB'));
        if (listeners.trim() === '') continue;
        await kill();
        break;
      }
      await eventually(10_000, async () => {
        const [late, answer] = [tokenChange(), tokenChange()];
        await writer!.store.write(late);
        await other!.store.write(answer);
        await eventually(300, async () => {
          expect(other!.told).toContainEqual(late);
          expect(writer!.told).toContainEqual(answer);
        });
      });
      // Whichever of them listened to the one that died has missed something.
      expect([...writer!.told, ...other!.told]).toContainEqual(ALL);
    } finally {
      await cluster.stop();
    }
  });
});

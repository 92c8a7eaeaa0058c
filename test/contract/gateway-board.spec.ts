import 'reflect-metadata';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import { GatewayBoard } from '@tollgate/domain';
import { RedisConnection, RedisGatewayBoard } from '@tollgate/redis';
import { StorageModule } from '@tollgate/storage';
import { type GatewayBoardsUnderTest, gatewayBoardContract, warningLog } from '@tollgate/testing';
import { openEtcdGatewayBoard } from '@tollgate/tunnel-tokens';
import { type EtcdForTests, describeWithEtcd, startEtcd } from '../support/etcd-server';
import { eventually } from '../support/eventually';
import { startTcpRelay } from '../support/tcp-relay';
import { type RedisForTests, describeWithRedisProgram, startRedis } from '../support/redis-server';

const BACK_MS = 10_000;
const letPass = async (ms: number): Promise<void> => pause(ms);

/** Tells while the server is away and comes back with what it knew; what was told before and after is heard. */
async function hearsAcrossAnOutage(
  board: GatewayBoard,
  teller: GatewayBoard,
  outage: () => Promise<void>,
): Promise<void> {
  const heard: string[] = [];
  const stop = await board.listen((command) => heard.push(command));
  await teller.tell('before');
  await eventually(BACK_MS, async () => {
    expect(heard).toEqual(['before']);
    return Promise.resolve();
  });
  await outage();
  await eventually(BACK_MS, async () => teller.tell('after'));
  await eventually(BACK_MS, async () => {
    expect(heard).toContain('after');
    return Promise.resolve();
  });
  expect(heard.filter((command) => command === 'before')).toHaveLength(1);
  await stop();
}

gatewayBoardContract('SQLite', async (): Promise<GatewayBoardsUnderTest> => {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-board-'));
  const path = join(folder, 'tollgate.db');
  const contexts: { close(): Promise<void> }[] = [];
  return {
    open: async () => {
      const module = StorageModule.forRoot({ driver: 'sqlite', path });
      const context = await NestFactory.createApplicationContext(module, { logger: ['fatal'], abortOnError: false });
      contexts.push(context);
      return context.get(GatewayBoard);
    },
    letPass,
    teardown: async () => {
      for (const context of contexts) await context.close();
      rmSync(folder, { recursive: true });
    },
  };
});

describeWithRedisProgram('in Redis', () => {
  const openRedis = (redis: RedisForTests): RedisConnection =>
    RedisConnection.open({ url: redis.url, keyPrefix: 'p:', onFault: () => undefined });

  gatewayBoardContract('Redis', async () => {
    const redis = await startRedis();
    const connections: RedisConnection[] = [];
    return {
      open: async () => {
        const connection = openRedis(redis);
        connections.push(connection);
        expect(await connection.untilUp(2_000)).toBe(true);
        return new RedisGatewayBoard(connection);
      },
      letPass,
      teardown: async () => {
        for (const connection of connections) await connection.close();
        await redis.stop();
      },
    };
  });

  it('hears what was told while one gateway could not reach it, once', async () => {
    const redis = await startRedis();
    const relay = await startTcpRelay(redis.port);
    const far = RedisConnection.open({ url: `redis://127.0.0.1:${String(relay.port)}`, onFault: () => undefined });
    const near = RedisConnection.open({ url: redis.url, onFault: () => undefined });
    await Promise.all([far.untilUp(2_000), near.untilUp(2_000)]);
    const teller = new RedisGatewayBoard(near);
    const heard: string[] = [];
    await new RedisGatewayBoard(far).listen((command) => heard.push(command));
    relay.cut();
    await teller.tell('meanwhile');
    relay.mend();
    await eventually(BACK_MS, async () => {
      expect(heard).toEqual(['meanwhile']);
      return Promise.resolve();
    });
    await Promise.all([far.close(), near.close()]);
    await relay.stop();
    await redis.stop();
  });

  it('hears again after an outage', async () => {
    const redis = await startRedis();
    const [one, other] = [openRedis(redis), openRedis(redis)];
    await Promise.all([one.untilUp(2_000), other.untilUp(2_000)]);
    const board = new RedisGatewayBoard(one);
    await hearsAcrossAnOutage(board, new RedisGatewayBoard(other), async () => {
      await redis.restart();
    });
    await Promise.all([one.close(), other.close()]);
    await redis.stop();
  });
});

describeWithEtcd('in etcd', () => {
  const openOn = (etcd: EtcdForTests): GatewayBoard =>
    openEtcdGatewayBoard({ endpoints: [etcd.endpoint] }, warningLog().log);

  gatewayBoardContract('etcd', async () => {
    const etcd = await startEtcd();
    const opened: GatewayBoard[] = [];
    return {
      open: async () => {
        const board = openOn(etcd);
        opened.push(board);
        return Promise.resolve(board);
      },
      letPass,
      teardown: async () => {
        for (const board of opened) await board.close();
        await etcd.stop();
      },
    };
  });

  it('hears what was told while one gateway could not reach it, once', async () => {
    const etcd = await startEtcd();
    const relay = await startTcpRelay(etcd.port);
    const board = openEtcdGatewayBoard({ endpoints: [`127.0.0.1:${String(relay.port)}`] }, warningLog().log);
    const teller = openOn(etcd);
    const heard: string[] = [];
    await board.listen((command) => heard.push(command));
    await teller.tell('before');
    await eventually(BACK_MS, async () => {
      expect(heard).toEqual(['before']);
      return Promise.resolve();
    });
    relay.cut();
    await teller.tell('meanwhile');
    relay.mend();
    await eventually(BACK_MS, async () => {
      expect(heard).toContain('meanwhile');
      return Promise.resolve();
    });
    await teller.tell('after');
    await eventually(BACK_MS, async () => {
      expect(heard).toEqual(['before', 'meanwhile', 'after']);
      return Promise.resolve();
    });
    await Promise.all([board.close(), teller.close()]);
    await relay.stop();
    await etcd.stop();
  });

  it('hears again after an outage, and refuses while it is away', async () => {
    const etcd = await startEtcd();
    const [board, teller] = [openOn(etcd), openOn(etcd)];
    await hearsAcrossAnOutage(board, teller, async () => {
      await etcd.kill();
      await expect(teller.show('a.0', '[]')).rejects.toMatchObject({ code: 'unavailable' });
      await etcd.restart();
    });
    await Promise.all([board.close(), teller.close()]);
    await etcd.stop();
  });
});

import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SystemClock, UPLOAD_LOCK_LEASE_MS, newFileId } from '@tollgate/domain';
import { FileUploadLocks } from '@tollgate/file-storage';
import { RedisConnection, RedisUploadLocks } from '@tollgate/redis';
import { uploadLocksContract, useTemporaryFolder } from '@tollgate/testing';
import { redisCommand } from '../support/redis-command';
import { describeWithRedisProgram, startRedis } from '../support/redis-server';

describe('as files', () => {
  const folder = useTemporaryFolder();
  const open = (): FileUploadLocks => new FileUploadLocks(folder(), new SystemClock());

  uploadLocksContract('files', async () =>
    Promise.resolve({
      here: open(),
      there: open(),
      letLapse: async (id: string) => {
        const old = new Date(Date.now() - UPLOAD_LOCK_LEASE_MS - 1_000);
        utimesSync(join(folder(), `${id}.lock`), old, old);
        return Promise.resolve();
      },
      teardown: async () => Promise.resolve(),
    }),
  );

  it('of a process that has ended are free at once', async () => {
    const id = newFileId();
    const locks = open();
    await locks.tryLock(id, 'dead');
    const path = join(folder(), `${id}.lock`);
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace(`-${String(process.pid)}-`, `-${String(pid)}-`));
    expect(await locks.tryLock(id, 'next')).toBe(true);
  });

  it('leave nothing when they are let go', async () => {
    const id = newFileId();
    const locks = open();
    await locks.tryLock(id, 'a');
    await locks.tryLock(id, 'b');
    await locks.unlock(id, 'a');
    expect(readdirSync(folder())).toEqual([]);
  });
});

describeWithRedisProgram('in Redis', () => {
  uploadLocksContract('Redis', async () => {
    const redis = await startRedis();
    const connect = async (): Promise<RedisConnection> => {
      const connection = RedisConnection.open({ url: redis.url, keyPrefix: 'p:', onFault: () => undefined });
      expect(await connection.untilUp(2_000)).toBe(true);
      return connection;
    };
    const [one, other] = [await connect(), await connect()];
    return {
      here: new RedisUploadLocks(one),
      there: new RedisUploadLocks(other),
      // What its time running out comes to.
      letLapse: async (id: string) => {
        await redisCommand(redis.port, 'DEL', `p:ul:${id}`);
      },
      teardown: async () => {
        await Promise.all([one.close(), other.close()]);
        await redis.stop();
      },
    };
  });
});

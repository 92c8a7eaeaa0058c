import { type LockState, TollgateError, UPLOAD_LOCK_LEASE_MS, UploadLocks } from '@tollgate/domain';
import { answerWithin } from './answer-within';
import { REDIS_LIMITS } from './limits';
import type { RedisConnection } from './redis-connection';
import { RedisScript } from './redis-script';

const RETRY_AFTER_SECONDS = 1;

/** `KEYS`: the lock. `ARGV`: the holder; the lease in milliseconds. Reply: 1 when it is the holder's now. */
const LOCK_SCRIPT = `
if redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('HSET', KEYS[1], 'wanted', 1)
  return 0
end
redis.call('HSET', KEYS[1], 'holder', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
`;

/** `KEYS`: the lock. `ARGV`: the holder; the lease in milliseconds. Reply: a LockState. */
const RENEW_SCRIPT = `
local stored = redis.call('HMGET', KEYS[1], 'holder', 'wanted')
if stored[1] ~= ARGV[1] then return 'lost' end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return stored[2] and 'wanted' or 'held'
`;

/** `KEYS`: the lock. `ARGV`: the holder. */
const UNLOCK_SCRIPT = `
if redis.call('HGET', KEYS[1], 'holder') == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
`;

/** Locks in Redis: a hash each, which goes by itself when nobody renews it. */
export class RedisUploadLocks extends UploadLocks {
  private readonly lockScript: RedisScript;
  private readonly renewScript: RedisScript;
  private readonly unlockScript: RedisScript;

  constructor(private readonly connection: RedisConnection) {
    super();
    this.lockScript = new RedisScript(connection.client, LOCK_SCRIPT);
    this.renewScript = new RedisScript(connection.client, RENEW_SCRIPT);
    this.unlockScript = new RedisScript(connection.client, UNLOCK_SCRIPT);
  }

  /** @throws TollgateError `unavailable` */
  override async tryLock(uploadId: string, holder: string): Promise<boolean> {
    return (await this.run(this.lockScript, uploadId, holder, UPLOAD_LOCK_LEASE_MS)) === 1;
  }

  /** @throws TollgateError `unavailable` */
  override async renew(uploadId: string, holder: string): Promise<LockState> {
    return (await this.run(this.renewScript, uploadId, holder, UPLOAD_LOCK_LEASE_MS)) as LockState;
  }

  /** Where Redis does not answer, the lock goes by itself. */
  override async unlock(uploadId: string, holder: string): Promise<void> {
    await this.run(this.unlockScript, uploadId, holder).catch(() => undefined);
  }

  private async run(script: RedisScript, uploadId: string, ...args: (string | number)[]): Promise<unknown> {
    const key = `${this.connection.keyPrefix}ul:${uploadId}`;
    try {
      return await answerWithin(REDIS_LIMITS.answerTimeoutMs, script.run([key], args));
    } catch (cause) {
      const details = { retryAfterSeconds: RETRY_AFTER_SECONDS, cause };
      throw new TollgateError('unavailable', 'uploads can not go on for the moment', details);
    }
  }
}

import { createHash } from 'node:crypto';
import type { Cluster, Redis } from 'ioredis';

/** A Lua script, called by its hash; sent anew to a Redis that does not know it, as after a restart. */
export class RedisScript {
  private readonly sha1: string;

  constructor(
    private readonly client: Redis | Cluster,
    private readonly source: string,
  ) {
    this.sha1 = createHash('sha1').update(source).digest('hex');
  }

  /** @throws what the client or the script throws */
  async run(keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    try {
      return await this.client.evalsha(this.sha1, keys.length, ...keys, ...args);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return this.client.eval(this.source, keys.length, ...keys, ...args);
    }
  }
}

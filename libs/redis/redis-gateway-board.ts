import { GATEWAY_COMMAND_KEPT_MS, GATEWAY_SHOW_LEASE_MS, GatewayBoard, TollgateError } from '@tollgate/domain';
import { answerWithin } from './answer-within';
import { REDIS_LIMITS } from './limits';
import type { RedisConnection } from './redis-connection';

/** Commands that are kept at most, about. */
const COMMANDS_KEPT = 10_000;
const BEGINNING = '0-0';

/**
 * A board in Redis: texts are keys that expire, commands a stream. A channel says when there is something new on the
 * stream, which is read from where one was, so that what the channel loses is heard all the same.
 */
export class RedisGatewayBoard extends GatewayBoard {
  private readonly names: string;
  private readonly commands: string;

  constructor(private readonly connection: RedisConnection) {
    super();
    this.names = `${connection.keyPrefix}gateways`;
    this.commands = `${connection.keyPrefix}gateway-commands`;
  }

  override async show(name: string, text: string): Promise<void> {
    const { client } = this.connection;
    await ask(
      Promise.all([client.set(this.keyOf(name), text, 'PX', GATEWAY_SHOW_LEASE_MS), client.sadd(this.names, name)]),
    );
  }

  override async hide(name: string): Promise<void> {
    const { client } = this.connection;
    await ask(Promise.all([client.del(this.keyOf(name)), client.srem(this.names, name)]));
  }

  override async listShown(): Promise<readonly string[]> {
    const { client } = this.connection;
    const names = await ask(client.smembers(this.names));
    const texts = await ask(Promise.all(names.map((name) => client.get(this.keyOf(name)))));
    const gone = names.filter((_, index) => texts[index] === null);
    if (gone.length > 0) await ask(client.srem(this.names, ...gone));
    return texts.filter((text) => text !== null);
  }

  override async tell(command: string): Promise<void> {
    const { client } = this.connection;
    await ask(client.xadd(this.commands, 'MAXLEN', '~', COMMANDS_KEPT, '*', 'c', command));
    // Who does not hear this reads the stream as soon as it hears anything, or subscribes again.
    await ask(Promise.all([client.publish(this.commands, ''), client.pexpire(this.commands, GATEWAY_COMMAND_KEPT_MS)]));
  }

  override async listen(hear: (command: string) => void): Promise<() => Promise<void>> {
    const { client } = this.connection;
    const [newest] = await ask(client.xrevrange(this.commands, '+', '-', 'COUNT', 1));
    let heard = newest?.[0] ?? BEGINNING;
    let reading: Promise<void> = Promise.resolve();
    const read = async (): Promise<void> => {
      const entries = await ask(client.xrange(this.commands, `(${heard}`, '+'));
      for (const [id, [, command]] of entries) {
        heard = id;
        if (command !== undefined) hear(command);
      }
    };
    let retry: NodeJS.Timeout | undefined;
    let isOver = false;
    const readNext = (): void => {
      clearTimeout(retry);
      // One after the other: two at a time would both hear the same.
      reading = reading.then(read).catch(() => {
        // The subscription may stand again before the connection for commands does.
        if (!isOver) retry = setTimeout(readNext, REDIS_LIMITS.retryDelayMs).unref();
      });
    };
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        isOver = true;
        void listener.close();
        reject(unavailable(new Error('no subscription in time')));
      }, REDIS_LIMITS.answerTimeoutMs);
      const listener = this.connection.listen(this.commands, {
        subscribed: () => {
          clearTimeout(timer);
          readNext();
          resolve(async () => {
            isOver = true;
            clearTimeout(retry);
            await listener.close();
            await reading;
          });
        },
        message: readNext,
      });
    });
  }

  /** The connection is not its own. */
  override async close(): Promise<void> {
    await Promise.resolve();
  }

  private keyOf(name: string): string {
    return `${this.connection.keyPrefix}gateway:${name}`;
  }
}

async function ask<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answerWithin(REDIS_LIMITS.answerTimeoutMs, answer);
  } catch (error) {
    throw unavailable(error);
  }
}

function unavailable(cause: unknown): TollgateError {
  return new TollgateError('unavailable', 'the gateways can not be reached', { retryAfterSeconds: 1, cause });
}

import { randomHex } from '@tollgate/domain';
import { type RedisServerProcess, redisState, startRedisServer } from '../../scripts/services/redis.mjs';
import { describeWith } from './describe-with';
import { redisCommand } from './redis-command';

/** A Redis of a test's own, which it may do anything to. */
export interface RedisForTests {
  readonly url: string;
  readonly port: number;
  /** Another one after {@link restart}. */
  readonly pid: number;
  /** Ends it in order. For good: see {@link restart}. */
  stop(): Promise<void>;
  /** Ends it without a word; connections are reset. */
  kill(): Promise<void>;
  /** SIGSTOP: it takes connections and bytes, and says nothing. */
  freeze(): void;
  thaw(): void;
  /** Starts it anew and empty on the same port; ends it first when it runs. */
  restart(): Promise<void>;
  /** FLUSHALL */
  flush(): Promise<void>;
}

/** The Redis that the cases of a suite share. */
export interface SharedRedis {
  readonly url: string;
  /** A prefix for keys that no other suite uses; a server named by `REDIS_TEST_URL` may be anybody's. */
  newKeyPrefix(): string;
}

/**
 * Starts a server of the test's own; stop it at the end, whatever was done to it.
 * @param options.port default: a free one
 * @param options.args more words for the command line of `redis-server`
 */
export async function startRedis(
  options: { readonly port?: number; readonly args?: readonly string[] } = {},
): Promise<RedisForTests> {
  let server: RedisServerProcess = await startRedisServer(options);
  const { port, uri } = server;
  const signal = (name: NodeJS.Signals): void => {
    process.kill(server.pid, name);
  };
  return {
    url: uri,
    port,
    get pid() {
      return server.pid;
    },
    stop: async () => server.stop(),
    kill: async () => {
      signal('SIGKILL');
      await server.exited;
    },
    freeze: () => {
      signal('SIGSTOP');
    },
    thaw: () => {
      signal('SIGCONT');
    },
    restart: async () => {
      await server.stop();
      server = await startRedisServer({ ...options, port });
    },
    flush: async () => {
      await redisCommand(port, 'FLUSHALL');
    },
  };
}

/**
 * A suite that needs Redis: the one at `REDIS_TEST_URL`, else one of its own. Where there is neither, the suite is
 * skipped and says so; in CI (`CI=true`) it fails, because there the services are installed.
 * @param define defines the cases; call its argument inside a hook or a case
 */
export function describeWithRedis(name: string, define: (redis: () => SharedRedis) => void): void {
  const named = process.env['REDIS_TEST_URL'];
  const absence = named === undefined ? absenceOf(redisState()) : undefined;
  describeWith(name, 'Redis', absence, () => {
    let own: RedisForTests | undefined;
    beforeAll(async () => {
      if (named === undefined) own = await startRedis();
    });
    define(() => {
      const url = named ?? own?.url;
      if (url === undefined) throw new Error('Redis runs only while a case runs');
      return { url, newKeyPrefix: () => `tollgate-test-${randomHex(8)}:` };
    });
    // Last, because Jest runs these in the order of their definition.
    afterAll(async () => {
      await own?.stop();
    });
  });
}

/**
 * A suite that starts servers of its own with {@link startRedis} and the like, to kill or freeze them: it needs the
 * program `redis-server`, whatever `REDIS_TEST_URL` says. Skipped or failed like {@link describeWithRedis}.
 */
export function describeWithRedisProgram(name: string, define: () => void): void {
  describeWith(name, 'Redis', absenceOf(redisState()), define);
}

function absenceOf(state: ReturnType<typeof redisState>): string | undefined {
  if (state.kind === 'ready') return undefined;
  return `REDIS_TEST_URL is not set or not enough, and no server can be started: ${state.reason}`;
}

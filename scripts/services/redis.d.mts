export interface RedisServerProcess {
  /** Without a database number. */
  readonly uri: string;
  readonly port: number;
  readonly pid: number;
  /** Resolves when the process has ended, for whatever reason. */
  readonly exited: Promise<void>;
  stop(): Promise<void>;
}

export type RedisServerState = { readonly kind: 'ready' } | { readonly kind: 'absent'; readonly reason: string };

/** Whether `redis-server` can be started here. */
export function redisState(): RedisServerState;

/** Starts one on a loopback port (a free one by default), without persistence, and waits until it answers. */
export function startRedisServer(options?: {
  readonly port?: number;
  /** More words for its command line. */
  readonly args?: readonly string[];
  readonly configFile?: string;
}): Promise<RedisServerProcess>;

/** A free loopback port, whose port for the bus of a cluster is free too. */
export function freeRedisPort(): Promise<number>;

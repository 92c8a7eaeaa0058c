import type { ClusterOptions as LooseClusterOptions, RedisOptions as LooseRedisOptions } from 'ioredis';
import { REDIS_LIMITS } from './limits';
import type { RedisLogin, RedisTarget } from './redis-url';

// Without `replyMapping`, whose presence in the type decides the type of every reply.
type RedisOptions = Omit<LooseRedisOptions, 'replyMapping'>;
type ClusterOptions = Omit<LooseClusterOptions, 'redisOptions'> & {
  readonly redisOptions: Omit<NonNullable<LooseClusterOptions['redisOptions']>, 'replyMapping'>;
};

/** What every connection has in common: a command fails at once where there is no connection, and is never repeated. */
const COMMON = {
  autoResendUnfulfilledCommands: false,
  // Subscriptions are renewed by RedisSubscriber, which must know when they stand.
  autoResubscribe: false,
  maxRetriesPerRequest: 0,
  connectTimeout: REDIS_LIMITS.connectTimeoutMs,
  // Silence while an answer is due, the answers to the handshake included. Pings see to it that one is due.
  socketTimeout: REDIS_LIMITS.silenceMs,
  // After a goodbye that is not returned.
  disconnectTimeout: 100,
  keepAlive: 5000,
  noDelay: true,
} satisfies RedisOptions;

/** Milliseconds until the next try to connect, for ever. */
export function retryDelayMs(attempt: number): number {
  return Math.min(50 * attempt, REDIS_LIMITS.retryDelayMs) + Math.random() * REDIS_LIMITS.retryJitterMs;
}

/** For a connection to one server, or to the one that sentinels name. */
export function serverOptions(target: Exclude<RedisTarget, { kind: 'cluster' }>): RedisOptions {
  const options: RedisOptions = {
    ...COMMON,
    ...target.login,
    enableOfflineQueue: false,
    db: target.db,
    retryStrategy: retryDelayMs,
    // A master that became a replica keeps its connections, and refuses only what writes.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  };
  if (target.kind === 'single') return { ...options, ...target.hosts[0], ...(target.tls ? { tls: {} } : {}) };
  return {
    ...options,
    name: target.master,
    sentinels: [...target.hosts],
    ...sentinelLogin(target.sentinelLogin),
    // A sentinel that is silent must not keep us from asking the next.
    sentinelCommandTimeout: REDIS_LIMITS.connectTimeoutMs,
    sentinelRetryStrategy: () => REDIS_LIMITS.retryDelayMs,
    // Off by intent (as by default): it ends a client for good when it hears of a failover while that client connects.
    failoverDetector: false,
    ...(target.tls ? { tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true } : {}),
  };
}

/** For the connections to the servers of a cluster. */
export function clusterOptions(target: Extract<RedisTarget, { kind: 'cluster' }>): ClusterOptions {
  return {
    redisOptions: { ...COMMON, ...target.login, ...(target.tls ? { tls: {} } : {}) },
    enableOfflineQueue: false,
    clusterRetryStrategy: retryDelayMs,
    maxRedirections: 4,
    // A command for a part that nobody serves fails at once; the connection's heartbeat looks for who does.
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    slotsRefreshTimeout: REDIS_LIMITS.connectTimeoutMs,
    // Certificates are made out to names, which must not be turned into addresses before the connection is made.
    ...(target.tls ? { dnsLookup: keepName } : {}),
  };
}

/**
 * For the connection to any one server of a cluster that hears what is published on all of them. Its host is set before
 * each try.
 */
export function clusterListenerOptions(target: Extract<RedisTarget, { kind: 'cluster' }>): RedisOptions {
  return {
    ...COMMON,
    ...target.login,
    ...target.hosts[0],
    ...(target.tls ? { tls: {} } : {}),
    enableOfflineQueue: false,
  };
}

function sentinelLogin({ username, password }: RedisLogin): RedisOptions {
  return {
    ...(username === undefined ? {} : { sentinelUsername: username }),
    ...(password === undefined ? {} : { sentinelPassword: password }),
  };
}

function keepName(name: string, callback: (error: null, address: string) => void): void {
  callback(null, name);
}

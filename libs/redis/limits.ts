/** How long a connection waits for what, and what it puts up with. */
export const REDIS_LIMITS = {
  /** For a TCP connection, TLS included, in milliseconds; then the next try. */
  connectTimeoutMs: 1000,
  /** Longest wait between two tries, in milliseconds, without the jitter: a restarted server is found within 2 s. */
  retryDelayMs: 250,
  /** Spread of the wait, in milliseconds, so that many processes do not come back in one moment. */
  retryJitterMs: 100,
  /** A server that owes an answer and is silent this long is left for a new connection. In milliseconds. */
  silenceMs: 3000,
  /** Time between two pings, in milliseconds, which make an idle server owe an answer. */
  heartbeatMs: 1000,
  /** Time between two looks at who serves which part of a cluster, in heartbeats. */
  clusterRefreshBeats: 5,
  /** For the answer to a command that somebody waits for, in milliseconds; then it counts as failed. */
  answerTimeoutMs: 1000,
  /** For commands under way when a connection is closed, in milliseconds; then they fail. */
  closeTimeoutMs: 1000,
  /** Different faults reported of one outage; a server that is away says the same on every try. */
  faultsPerOutage: 8,
  /** Longest message of changes that is read, in characters; a longer one is ignored. */
  changeMessageLength: 65_536,
  /** Changes in one message; more go in several. Fits into {@link changeMessageLength} with room to spare. */
  changesPerMessage: 256,
  /** Time between two tries to tell others that they may have missed something, in milliseconds. */
  lostChangeRetryMs: 250,
} as const;

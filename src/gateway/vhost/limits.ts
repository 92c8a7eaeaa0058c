/** Bounds of what the virtual hosts do for strangers, and of what they keep of what services answer. */
export const VHOST_LIMITS = {
  /** Request or response head, in bytes, first line included. A request beyond: 431 and the end of the connection; a response: 404. */
  maxHeadBytes: 65_536,
  /** Fields of one head. Beyond: as above. */
  maxFields: 500,
  /** Extensions behind one chunk size, in bytes. Beyond, the message is malformed and both sides are cut. */
  maxChunkExtensionBytes: 4_096,
  /** Hexadecimal digits of a chunk size: as many as fit into a number. Beyond, as above. */
  maxChunkDigits: 13,
  /** Trailer section of a chunked body, in bytes. Beyond, as above. */
  maxTrailerBytes: 8_192,
  /** Informational answers (1xx) to one request. Beyond: 404, and the service's connection is cut. */
  maxInformational: 16,
  /** Bytes kept of requests that came before their turn, in bytes; then the connection is read no further until it is. */
  maxPipelinedBytes: 65_536,
  /** Bytes of a request's body kept until there is a connection to the service, and for a second try. Then its user waits. */
  maxHeldBodyBytes: 65_536,
  /** Requests of one target that are under way. Beyond: 503. */
  maxTargetRequests: 4_096,
  /** Connections of users of HTTP at a time. Beyond: closed unheard. */
  maxUserConnections: 20_000,
  /** Connections that have not yet sent their first request or ClientHello; all, and of one address. Beyond: closed unheard. */
  maxPending: 8_192,
  maxPendingPerAddress: 1_024,
  /** How long a request head may take, in milliseconds; then its connection is cut. */
  requestHeadMs: 60_000,
  /** How long a user's connection may stay open without a request, in milliseconds; then it is ended. */
  userIdleMs: 75_000,
  /** How long a body that waits for its sender or its receiver may stand still, in milliseconds; then both sides are cut. */
  stallMs: 300_000,
  /** How long a user may take to close after the last answer, in milliseconds; then its connection is cut. */
  lingerMs: 2_000,
  /** Connections of a target that are kept for the next request, and for how long, in milliseconds. */
  maxIdleConnections: 5,
  backendIdleMs: 60_000,
  /** As many more are kept for so long: many users at once would else open and close connections all the time. */
  maxSpareConnections: 256,
  spareIdleMs: 2_000,
  /** Streams of one HTTP/2 connection that are open at once. Beyond: refused by HTTP/2's own means. */
  maxHttp2Streams: 128,
  /** A custom not-found page, in bytes. A longer one is not used. */
  maxNotFoundPageBytes: 1_048_576,
  /** A ClientHello, with the headers of its records, in bytes. Beyond: the connection is cut. */
  maxClientHelloBytes: 33_792,
  /** How long a ClientHello may take, in milliseconds; then the connection is cut. */
  clientHelloMs: 30_000,
} as const;

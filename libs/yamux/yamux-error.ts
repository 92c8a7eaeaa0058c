/** What ends a session, or a stream of it. */
export type YamuxErrorCode =
  /** A frame of another version than 0. */
  | 'invalid_version'
  /** A frame of a type that there is not. */
  | 'invalid_type'
  /** A SYN for a stream that is open. */
  | 'duplicate_stream'
  /** A SYN with an even id or 0. */
  | 'invalid_stream_id'
  /** A SYN with an id that was used before. */
  | 'stream_id_reused'
  /** A SYN from the server, which never opens a stream in frp. */
  | 'unexpected_stream'
  /** More data than the window allows. */
  | 'window_exceeded'
  /** A window of 4 GiB or more. */
  | 'window_overflow'
  /** A second FIN. */
  | 'unexpected_fin'
  /** The peer found fault with us. */
  | 'remote_go_away'
  /** What had to be answered was more than what the peer took. */
  | 'peer_not_reading'
  /** Nothing came after a ping. */
  | 'keepalive_timeout'
  /** The peer did not acknowledge a stream. */
  | 'open_timeout'
  /** The peer did not end a stream after we had. Of a stream only. */
  | 'close_timeout'
  /** The peer reset the stream. Of a stream only. */
  | 'stream_reset'
  /** The session is over, and its streams with it. Of a stream only. */
  | 'session_closed';

/** A breach of the protocol or of a limit, or the end of a session as its streams see it. */
export class YamuxError extends Error {
  override readonly name = 'YamuxError';

  constructor(
    readonly code: YamuxErrorCode,
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
  }
}

/** Everything that a peer can do wrong on the wire, and that we could when writing. */
export type WireErrorCode =
  /** Begins like v2 and isn't. */
  | 'bad_magic'
  /** Flags, a frame of a type that has no place here, or one too short for a message id. */
  | 'bad_frame'
  /** A type byte of v1 or an id of v2 that nobody has registered. Garbage from a wrong token looks like this. */
  | 'unknown_message'
  | 'message_too_long'
  /** A negative length. */
  | 'bad_length'
  /** Not JSON, or not an object. */
  | 'bad_json'
  /** A field of another JSON type, or out of its range. */
  | 'bad_field'
  /** A record whose length can't be right. */
  | 'bad_record'
  /** A record that wasn't sealed with this key, or at another place of the stream. */
  | 'forged_record'
  | 'too_many_records'
  /** The peer ended within something. */
  | 'truncated'
  /** The server's hello chooses what the client didn't offer, or says why there is no agreement. */
  | 'bad_server_hello';

/**
 * The peer doesn't speak frp as it should: the logical stream is to be closed. Its message is safe to log: it names fields and
 * lengths, never what they hold. Nothing else is thrown by what decodes bytes of a peer.
 */
export class WireError extends Error {
  override readonly name = 'WireError';

  constructor(
    readonly code: WireErrorCode,
    message: string,
  ) {
    super(message);
  }
}

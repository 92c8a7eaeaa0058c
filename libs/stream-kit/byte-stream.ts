/** Memory that is used again once nobody needs what is in it. To forget to give it back costs speed, and nothing else. */
export interface Lease {
  /** The bytes handed over with this lease are not needed any more. At most once for each time that they were handed over. */
  release(): void;
}

/** Whoever reads a {@link ByteStream}. It is called from within the stream's work and must not throw. */
export interface ByteReader {
  /**
   * Bytes have come. They belong to the reader from now on, to keep or to pass on, but not to change.
   * @param lease to be released, or passed on, when they are done with
   */
  onData(chunk: Buffer, lease?: Lease): void;
  /** The peer sends no more. What was written may still be on its way to it. Held back, like bytes, while the stream is paused. */
  onEnd(): void;
  /** What made `write` answer `false` has gone: more may be written. */
  onDrain(): void;
  /**
   * Both directions are over; called once, and nothing after it. With an error it comes at once, paused or not, and what was not handed
   * out is dropped; without one it comes after the bytes and the end.
   * @param error why, when the stream was cut and not ended
   */
  onClose(error?: Error): void;
}

/**
 * Bytes in both directions, in order, with back-pressure: a socket, a stream of a yamux session, or either behind a codec. Node's
 * own streams do the same at several times the cost for each chunk, which is what the data plane can't afford.
 *
 * It has one reader at a time, and hands nothing out before it has one.
 */
export abstract class ByteStream {
  /** Bytes that were written and have not gone yet. */
  abstract readonly queuedBytes: number;
  /** Whether {@link ByteReader.onClose} has been, or is about to be, called. */
  abstract readonly isClosed: boolean;

  /**
   * Makes `reader` the reader, in place of the one before. What has come meanwhile is handed over before this returns, unless the
   * stream is paused; an end or a close that the one before was told of is told to this one too.
   */
  abstract attach(reader: ByteReader): void;

  /**
   * Puts bytes back in front of what is to be handed out next: for a reader that was given more than was meant for it, and then pauses
   * or has another attached. Never hands out by itself; a lease that the bytes came with stays with the caller, and is not to be released.
   */
  abstract unshift(chunk: Buffer): void;

  /**
   * Sends bytes, at the latest at the end of this turn of the event loop. They belong to the stream from now on. Ignored when the
   * stream has been ended or is closed.
   * @param lease released when they have gone
   * @returns `false` when as much waits as should: the writer is to wait for {@link ByteReader.onDrain}
   */
  abstract write(chunk: Buffer, lease?: Lease): boolean;

  /** Sends no more after what was written. The other direction stays open. */
  abstract end(): void;

  /** Cuts both directions at once; what waits is dropped. {@link ByteReader.onClose} follows, with `error`, not from within. */
  abstract destroy(error?: Error): void;

  /** Hands nothing out until {@link resume}; the peer is held back when the stream's own store is full. */
  abstract pause(): void;

  abstract resume(): void;
}

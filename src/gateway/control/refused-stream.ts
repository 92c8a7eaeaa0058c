import type { ByteReader, ByteStream, Lease } from '@tollgate/stream-kit';

/**
 * Says why a stream is refused, and ends it. What still comes is dropped, until the peer ends too or the connection's time is over:
 * a stream that nobody reads keeps its descriptor, and to close a socket with unread input resets it before the peer has the answer.
 */
export function refuseStream(stream: ByteStream, answer: Buffer): void {
  stream.write(answer);
  stream.end();
  stream.attach(DROPPING);
  stream.resume();
}

const DROPPING: ByteReader = {
  onData(_chunk: Buffer, lease?: Lease): void {
    lease?.release();
  },
  onEnd(): void {
    // Both directions have ended: the stream closes when the answer has gone.
  },
  onDrain(): void {
    // Nothing follows.
  },
  onClose(): void {
    // It is over.
  },
};

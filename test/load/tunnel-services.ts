import type { ByteStream } from '@tollgate/stream-kit';

const PIECE = Buffer.alloc(16_384, 'x');

/** A service that sends without end, as fast as it is taken, and drops what it gets. */
export function flood(stream: ByteStream): void {
  const pour = (): void => {
    while (!stream.isClosed && stream.write(PIECE));
  };
  stream.attach({
    onData: (_chunk, lease) => lease?.release(),
    onEnd: () => {
      stream.end();
    },
    onDrain: pour,
    onClose: () => undefined,
  });
  stream.resume();
  pour();
}

/** A service that sends back what it gets, and ends when its user does. */
export function echo(stream: ByteStream): void {
  stream.attach({
    onData: (chunk, lease) => {
      stream.write(Buffer.from(chunk));
      lease?.release();
    },
    onEnd: () => {
      stream.end();
    },
    onDrain: () => undefined,
    onClose: () => undefined,
  });
  stream.resume();
}

import type { ByteStream, Lease } from '@tollgate/stream-kit';

/** What of a decoder of `@tollgate/frp-wire` is needed here. */
export interface ItemDecoder<T> {
  push(chunk: Buffer): void;
  next(): T | undefined;
  takeRest(): Buffer;
}

/**
 * Reads one thing off a stream, puts back what came behind it, and leaves the stream paused for its next reader. Rejects when the
 * stream ends before, or what comes can't be decoded.
 */
export async function readOne<T>(stream: ByteStream, decoder: ItemDecoder<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    stream.attach({
      onData: (chunk: Buffer, lease?: Lease) => {
        try {
          decoder.push(chunk);
          const item = decoder.next();
          if (item === undefined) return;
          stream.pause();
          stream.unshift(Buffer.from(decoder.takeRest()));
          resolve(item);
        } catch (error) {
          stream.destroy();
          reject(error instanceof Error ? error : new Error('undecodable', { cause: error }));
        } finally {
          lease?.release();
        }
      },
      onEnd: () => {
        stream.end();
        reject(new Error('the server has ended the stream'));
      },
      onDrain: () => undefined,
      onClose: (error) => {
        reject(error ?? new Error('the server has closed the stream'));
      },
    });
    stream.resume();
  });
}

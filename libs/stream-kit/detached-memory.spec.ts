import { createCipheriv } from 'node:crypto';
import type { Lease } from './byte-stream';
import { CodecStream } from './codec-stream';
import { leaseOfOwnMemory } from './detached-memory';
import { InboundStream } from './inbound-stream';
import { SnappyDecoder } from './snappy/snappy-decoder';
import { SnappyEncoder } from './snappy/snappy-encoder';

const KEY = Buffer.alloc(16, 1);
const IV = Buffer.alloc(16, 2);
/** Does not get shorter. */
const NOISE = createCipheriv('aes-128-cfb', KEY, IV).update(Buffer.alloc(60_000));

/** Has done with everything at once. */
class Sink extends InboundStream {
  taken = 0;
  readonly queuedBytes = 0;

  override write({ length }: Buffer, lease?: Lease): boolean {
    this.taken += length;
    lease?.release();
    return true;
  }

  override end(): void {
    // Nothing waits.
  }

  override destroy(): void {
    this.receiveClose();
  }

  protected override stopSource(): void {
    // Nothing comes.
  }

  protected override startSource(): void {
    // Nothing comes.
  }
}

describe('leaseOfOwnMemory', () => {
  it('frees the memory when it is released, and not before', () => {
    const bytes = Buffer.alloc(4096, 7);
    const lease = leaseOfOwnMemory(bytes);
    expect(bytes).toEqual(Buffer.alloc(4096, 7));
    lease?.release();
    expect(bytes).toHaveLength(0);
    expect(bytes.buffer.byteLength).toBe(0);
  });

  it('leaves few bytes to the collector, and those whose memory others may have', () => {
    expect(leaseOfOwnMemory(Buffer.alloc(4095))).toBeUndefined();
    expect(leaseOfOwnMemory(Buffer.from('pooled'))).toBeUndefined();
    expect(leaseOfOwnMemory(Buffer.alloc(10_000).subarray(65))).toBeUndefined();
    expect(leaseOfOwnMemory(Buffer.from(new SharedArrayBuffer(8192)))).toBeUndefined();
  });

  it.each([
    ['a part of a block behind its end', Buffer.alloc(10_000).subarray(0, 9_936)],
    ['of a cipher', createCipheriv('aes-128-cfb', KEY, IV).update(Buffer.alloc(5000))],
    ['of a compressor, compressed', compressed(Buffer.concat([NOISE.subarray(0, 20_000), Buffer.alloc(40_000)]))],
    ['of a compressor, as it was', compressed(NOISE)],
    ['of a decompressor, compressed', decompressed(Buffer.alloc(60_000))],
    ['of a decompressor, as it was', decompressed(NOISE)],
  ])('takes memory %s', (_, bytes) => {
    const lease = leaseOfOwnMemory(bytes);
    expect(lease).toBeDefined();
    lease?.release();
    expect(bytes).toHaveLength(0);
  });

  it('keeps what a codec makes from piling up until the collector runs', () => {
    const cipher = createCipheriv('aes-128-cfb', KEY, IV);
    const sink = new Sink();
    const writer = new CodecStream(sink, { encoder: cipher, decoder: cipher });
    const chunk = Buffer.alloc(65_536);
    const before = process.memoryUsage().arrayBuffers;
    let mostPiledUp = 0;
    for (let count = 0; count < 320; count++) {
      writer.write(chunk);
      mostPiledUp = Math.max(mostPiledUp, process.memoryUsage().arrayBuffers - before);
    }
    expect(sink.taken).toBe(320 * chunk.length);
    expect(mostPiledUp).toBeLessThan(4 * chunk.length);
  });
});

function compressed(plain: Buffer): Buffer {
  return new SnappyEncoder().update(plain) as Buffer;
}

function decompressed(plain: Buffer): Buffer {
  const bytes = new SnappyDecoder().update(compressed(plain)) as Buffer;
  expect(bytes).toEqual(plain);
  return bytes;
}

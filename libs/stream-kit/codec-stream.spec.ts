import { createCipheriv, createDecipheriv } from 'node:crypto';
import { type PairedStream, record, streamPair } from '@tollgate/testing';
import fc from 'fast-check';
import { type ByteTransform, CodecStream } from './codec-stream';
import { SnappyDecoder } from './snappy/snappy-decoder';
import { SnappyEncoder } from './snappy/snappy-encoder';

const KEY = Buffer.alloc(16, 1);
const IV = Buffer.alloc(16, 2);

function cipher(): { encoder: ByteTransform; decoder: ByteTransform } {
  return { encoder: createCipheriv('aes-128-cfb', KEY, IV), decoder: createDecipheriv('aes-128-cfb', KEY, IV) };
}

function snappy(): { encoder: ByteTransform; decoder: ByteTransform } {
  return { encoder: new SnappyEncoder(), decoder: new SnappyDecoder() };
}

/** As frp has it: compressed, then encrypted. */
function layered(inner: PairedStream): CodecStream {
  return new CodecStream(new CodecStream(inner, cipher()), snappy());
}

describe('codecs on top of each other', () => {
  it('deliver what was written, however it is written and cut on its way', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 5000 }), { maxLength: 20 }),
        fc.nat(),
        async (chunks, splitSeed) => {
          const [one, other] = streamPair({ splitSeed });
          const writer = layered(one);
          const reader = record(layered(other));
          for (const chunk of chunks) writer.write(Buffer.from(chunk));
          writer.end();
          await reader.told('end');
          expect(reader.bytes).toEqual(Buffer.concat(chunks));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('pass the end on in one direction, and close when the other has ended too', async () => {
    const [one, other] = streamPair();
    const [near, far] = [layered(one), layered(other)];
    const [nearReader, farReader] = [record(near), record(far)];
    near.end();
    await farReader.told('end');
    far.write(Buffer.from('still'));
    far.end();
    await nearReader.told('close');
    expect(nearReader.events).toEqual(['data', 'end', 'close']);
    expect(nearReader.error).toBeUndefined();
  });

  it('hold the writer back while the reader is paused', () => {
    const [one, other] = streamPair({ highWaterBytes: 10_000, windowBytes: 10_000, delivery: 'manual' });
    const [writer, far] = [layered(one), layered(other)];
    const [writerEvents, reader] = [record(writer), record(far)];
    far.pause();
    const chunk = Buffer.from(Array.from({ length: 1000 }, (_, index) => (index * 7919) >>> 3));
    let written = 0;
    for (let round = 0; round < 100; round++) {
      if (writer.queuedBytes < 10_000) {
        writer.write(Buffer.from(chunk));
        written++;
      }
      one.pump();
    }
    expect(written).toBeLessThan(30);
    expect(reader.byteCount).toBe(0);
    expect(writer.write(Buffer.from(chunk))).toBe(false);
    far.resume();
    one.pump();
    expect(writerEvents.events).toContain('drain');
    expect(reader.byteCount).toBe((written + 1) * 1000);
  });

  it('are cut, both ends, by what can not be decoded', async () => {
    const [one, other] = streamPair();
    const reader = record(layered(other));
    const raw = record(one);
    one.write(Buffer.from('this is nothing that was ever encrypted'));
    await reader.told('close');
    expect(reader.events).toEqual(['close']);
    expect(reader.error).toMatchObject({ name: 'SnappyError' });
    await raw.told('close');
  });

  it('are cut when the stream ends in the middle of a chunk', async () => {
    const [one, other] = streamPair();
    const reader = record(new CodecStream(other, snappy()));
    one.write(new SnappyEncoder().update(Buffer.from('hello')) as Buffer);
    one.write(Buffer.from([0x01]));
    one.end();
    await reader.told('close');
    expect(reader.bytes.toString()).toBe('hello');
    expect(reader.error).toMatchObject({ code: 'truncated' });
  });

  it('release the leases of what was encoded or decoded, once', () => {
    const [one, other] = streamPair({ delivery: 'manual' });
    const release = jest.fn();
    const writer = layered(one);
    writer.write(Buffer.from('hello'), { release });
    expect(release).toHaveBeenCalledTimes(1);
    const reader = layered(other);
    reader.destroy();
    reader.write(Buffer.from('ignored'), { release });
    expect(release).toHaveBeenCalledTimes(2);
  });
});

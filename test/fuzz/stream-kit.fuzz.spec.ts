import {
  type ByteStream,
  CodecStream,
  SnappyDecoder,
  SnappyEncoder,
  SnappyError,
  STREAM_LIMITS,
} from '@tollgate/stream-kit';
import { record, streamPair } from '@tollgate/testing';
import fc from 'fast-check';

const RUNS = 3000;

const IDENTIFIER = Buffer.from('ff060000734e61507059', 'hex');

/** Headers and bodies that are right, nearly right, or nothing of the sort. */
const piece = fc.oneof(
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  fc.constant(IDENTIFIER),
  fc
    .tuple(
      fc.constantFrom(0x00, 0x01, 0x02, 0x7f, 0x80, 0xfe, 0xff),
      fc.integer({ min: 0, max: 0xffffff }),
      fc.uint8Array(),
    )
    .map(([type, length, body]) => Buffer.from([type, length & 0xff, (length >> 8) & 0xff, length >> 16, ...body])),
  fc
    .tuple(fc.constantFrom(0x00, 0x01, 0xfe), fc.uint8Array({ minLength: 4, maxLength: 200 }))
    .map(([type, body]) => Buffer.from([type, body.length, 0, 0, ...body])),
  fc
    .uint8Array({ minLength: 1, maxLength: 300 })
    .map((bytes) => encoded(Buffer.from(bytes)).subarray(IDENTIFIER.length)),
);

function encoded(bytes: Buffer): Buffer {
  const result = new SnappyEncoder().update(bytes);
  return Buffer.isBuffer(result) ? result : Buffer.concat(result);
}

/** What comes out until the first error, and the error's code. */
function outcome(pieces: readonly Buffer[]): { readonly bytes: Buffer; readonly code: string | undefined } {
  const decoder = new SnappyDecoder();
  const decoded: Buffer[] = [];
  try {
    for (const each of pieces) {
      const result = decoder.update(each);
      for (const plain of Buffer.isBuffer(result) ? [result] : result) {
        expect(plain.length).toBeLessThanOrEqual(STREAM_LIMITS.snappyChunkBytes);
        decoded.push(plain);
      }
    }
    decoder.finish();
  } catch (error) {
    expect(error).toBeInstanceOf(SnappyError);
    return { bytes: Buffer.concat(decoded), code: (error as SnappyError).code };
  }
  return { bytes: Buffer.concat(decoded), code: undefined };
}

describe('a snappy decoder given anything', () => {
  it('throws nothing but its own error, and the same one for the same bytes however they are cut', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), fc.boolean(), (pieces, isIdentified) => {
        const whole = Buffer.concat(isIdentified ? [IDENTIFIER, ...pieces] : pieces);
        const single = Array.from(whole, (byte) => Buffer.from([byte]));
        const expected = outcome(single);
        expect(outcome([whole]).code).toBe(expected.code);
        expect(outcome(pieces.length > 0 && isIdentified ? [IDENTIFIER, ...pieces] : [whole]).code).toBe(expected.code);
      }),
      { numRuns: RUNS },
    );
  });

  it('gives back what was encoded after one byte was changed, or throws', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 2000 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (bytes, at, flip) => {
          const plain = Buffer.from(bytes);
          const changed = encoded(plain);
          const index = at % changed.length;
          changed[index] = (changed[index] ?? 0) ^ flip;
          const { bytes: decoded, code } = outcome([changed]);
          if (code === undefined) expect([0, plain.length]).toContain(decoded.length);
          if (code === undefined && decoded.length > 0) expect(decoded).toEqual(plain);
        },
      ),
      { numRuns: RUNS },
    );
  });
});

describe('a stream with any calls in any order', () => {
  type Call = (stream: ByteStream) => void;
  const call = fc.oneof(
    fc.uint8Array({ maxLength: 3000 }).map((bytes): Call => (stream) => {
      stream.write(Buffer.from(bytes));
    }),
    fc.constantFrom<Call>(
      (stream) => {
        stream.pause();
      },
      (stream) => {
        stream.resume();
      },
      (stream) => {
        stream.end();
      },
      (stream) => {
        stream.destroy();
      },
    ),
  );

  it('tells the end and the close at most once, in this order, and nothing after the close', async () => {
    const calls = fc.array(fc.tuple(fc.nat(1), call), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(calls, fc.nat(), async (steps, splitSeed) => {
        const pair = streamPair({ splitSeed, windowBytes: 500, highWaterBytes: 500 });
        const ends = pair.map(
          (inner) => new CodecStream(inner, { encoder: new SnappyEncoder(), decoder: new SnappyDecoder() }),
        );
        const readers = ends.map((end) => record(end));
        for (const [index, step] of steps) {
          const end = ends[index];
          if (end !== undefined) step(end);
          if (splitSeed % 2 === 0) await Promise.resolve();
        }
        for (const end of ends) end.resume();
        for (const end of ends) end.end();
        await Promise.all(readers.map((each) => each.told('close')));
        for (const { events } of readers) {
          expect(events.filter((event) => event === 'close')).toHaveLength(1);
          expect(events.at(-1)).toBe('close');
          expect(events.filter((event) => event === 'end').length).toBeLessThanOrEqual(1);
          if (events.includes('end')) expect(events.slice(events.indexOf('end')).includes('data')).toBe(false);
        }
      }),
      { numRuns: 500 },
    );
  });
});

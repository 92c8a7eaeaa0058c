import fc from 'fast-check';
import { BodyFramer } from './body-framer';
import { CHUNKED, UNTIL_CLOSE } from './framing';
import { HttpError } from './http-error';

interface Result {
  readonly passed: string;
  readonly rest: string;
  readonly isDone: boolean;
  readonly trailers: string;
}

/** @param cuts how long the pieces are, in turn */
function run(framer: BodyFramer, bytes: Buffer, cuts: readonly number[]): Result {
  const passed: Buffer[] = [];
  const sink = { passBody: (chunk: Buffer) => passed.push(chunk) };
  const isDone = (): boolean => framer.isDone;
  let at = 0;
  for (let turn = 0; at < bytes.length && !isDone(); turn += 1) {
    const piece = bytes.subarray(at, at + (cuts[turn % cuts.length] ?? 1));
    const read = framer.push(piece, undefined, sink);
    at += read;
    if (!isDone()) expect(read).toBe(piece.length);
  }
  return {
    passed: Buffer.concat(passed).toString('latin1'),
    rest: bytes.subarray(at).toString('latin1'),
    isDone: framer.isDone,
    trailers: framer.trailers.map(({ name, value }) => `${name}=${value}`).join(),
  };
}

const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 });
const body = fc.array(
  fc.uint8Array({ minLength: 1, maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  { maxLength: 6 },
);
const extension = fc.constantFrom('', ';a=b', ' ;x'.trim(), ';q="1;2"');

function encode(chunks: readonly string[], ext: string): string {
  return chunks.map((chunk) => `${chunk.length.toString(16)}${ext}\r\n${chunk}\r\n`).join('');
}

describe('BodyFramer', () => {
  it('finds the end of a chunked body however it is cut, with its framing or without', () => {
    const trailer = fc.constantFrom('', 'A: b\r\n', 'A: b\r\nC: d\r\n');
    fc.assert(
      fc.property(body, extension, trailer, cuts, (chunks, ext, trailers, pieces) => {
        const whole = `${encode(chunks, ext)}00${ext}\r\n${trailers}\r\n`;
        const bytes = Buffer.from(`${whole}next`, 'latin1');
        const expected = { rest: 'next', isDone: true, passed: whole };
        const raw = run(new BodyFramer(CHUNKED, false), bytes, pieces);
        expect(raw).toMatchObject(expected);
        expect(raw.trailers).toBe(trailers.toLowerCase().trim().replaceAll(': ', '=').replaceAll('\r\n', ','));
        const decoded = run(new BodyFramer(CHUNKED, true), bytes, pieces);
        expect(decoded.passed).toBe(chunks.join(''));
        expect(decoded.rest).toBe('next');
      }),
      { numRuns: 1500 },
    );
  });

  it('finds the end of a counted body, and none of one that ends with the connection', () => {
    fc.assert(
      fc.property(fc.nat(100), cuts, (bytes, pieces) => {
        const counted = new BodyFramer({ kind: 'length', bytes }, false);
        const whole = Buffer.alloc(bytes + 4, 'x');
        expect(run(counted, whole, pieces)).toMatchObject({ passed: 'x'.repeat(bytes), rest: 'xxxx', isDone: true });
        expect(run(new BodyFramer(UNTIL_CLOSE, false), whole, pieces)).toMatchObject({ rest: '', isDone: false });
      }),
    );
  });

  it('throws nothing but its own error, and the same however the bytes are cut', () => {
    const noise = fc.array(
      fc.constantFrom('0', '5', 'a', '\r\n', '\r', '\n', ';', 'A: b', ' ', 'xxxxx', '5\r\nxxxxx\r\n', '0\r\n', '\0'),
      { maxLength: 12 },
    );
    const outcome = (bytes: Buffer, pieces: readonly number[]): Result | string => {
      try {
        return run(new BodyFramer(CHUNKED, true), bytes, pieces);
      } catch (error) {
        expect(error).toBeInstanceOf(HttpError);
        return (error as HttpError).code;
      }
    };
    fc.assert(
      fc.property(noise, cuts, (parts, pieces) => {
        const bytes = Buffer.from(parts.join(''), 'latin1');
        expect(outcome(bytes, pieces)).toEqual(outcome(bytes, [1]));
      }),
      { numRuns: 3000 },
    );
  });
});

import fc from 'fast-check';
import { anyFrpMessage, splits } from '../../../test/support/frp-message-arbitrary';
import { MAX_V1_BODY_BYTES, MAX_V2_PAYLOAD_BYTES } from '../limits';
import type { FrpMessage, OutgoingMessage } from '../messages/message';
import { WireError, type WireErrorCode } from '../wire-error';
import { codecOfFirstByte, codecOnWorkConns, v1Codec, v2Codec } from './wire-codec';
import type { MessageDecoder } from './wire-decoder';

function readAll(decoder: MessageDecoder, chunks: readonly Buffer[]): FrpMessage[] {
  const messages: FrpMessage[] = [];
  for (const chunk of chunks) {
    decoder.push(chunk);
    for (let message = decoder.next(); message; message = decoder.next()) messages.push(message);
  }
  return messages;
}

function codeOf(act: () => unknown): WireErrorCode | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (error instanceof WireError) return error.code;
    throw error;
  }
}

/** A `pong` whose JSON is as long as wanted. */
function pongOf(bodyBytes: number): OutgoingMessage {
  return { type: 'pong', error: 'e'.repeat(bodyBytes - '{"error":""}'.length) };
}

describe.each([v1Codec, v2Codec])('codec $version', (codec) => {
  it('reads what it writes, split anywhere, and leaves what follows', () => {
    const inputs = fc.tuple(fc.array(anyFrpMessage, { minLength: 1, maxLength: 4 }), fc.uint8Array({ maxLength: 8 }));
    const cases = inputs.chain(([messages, partial]) => {
      // The beginning of another one: a rest that is no error yet.
      const rest = codec.encode({ type: 'ping' }).subarray(0, partial.length);
      const bytes = Buffer.concat([...messages.map(codec.encode), rest]);
      return fc.tuple(fc.constant(messages), fc.constant(rest), splits(bytes));
    });
    fc.assert(
      fc.property(cases, ([messages, rest, chunks]) => {
        const decoder = codec.decoder();
        expect(readAll(decoder, chunks)).toEqual(messages);
        expect(decoder.takeRest()).toEqual(rest);
      }),
    );
  });

  it('throws nothing but WireError at random bytes, and goes on throwing the same', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.constantFrom(0x6f, 0x70, 0x75, 0x00), (bytes, first) => {
        const decoder = codec.decoder();
        const read = () => readAll(decoder, [Buffer.from([first]), Buffer.from(bytes)]);
        const code = codeOf(read);
        if (code !== undefined) expect(codeOf(() => decoder.next())).toBe(code);
      }),
      { numRuns: 1000 },
    );
  });

  it('allocates no more than a few times the length of a message that comes byte by byte', () => {
    const message = codec.encode({ type: 'pong', error: 'e'.repeat(10_000) });
    const bytes = Array.from(message, (byte) => Buffer.from([byte]));
    const allocations = jest.spyOn(Buffer, 'allocUnsafe');
    expect(readAll(codec.decoder(), bytes)).toHaveLength(1);
    const allocated = allocations.mock.calls.reduce((sum, [size]) => sum + size, 0);
    expect(allocated).toBeGreaterThan(message.length);
    expect(allocated).toBeLessThan(5 * message.length);
  });

  it('does not refer to a chunk any more once it has nothing to give', () => {
    const message = codec.encode({ type: 'pong', error: 'text' });
    const decoder = codec.decoder();
    const chunk = Buffer.from(message.subarray(0, -3));
    decoder.push(chunk);
    expect(decoder.next()).toBeUndefined();
    chunk.fill(0xff);
    decoder.push(message.subarray(-3));
    expect(decoder.next()).toEqual({ type: 'pong', error: 'text' });
  });

  it('tells an end between messages from one within', () => {
    const message = codec.encode({ type: 'ping' });
    const decoder = codec.decoder();
    decoder.finish();
    decoder.push(message.subarray(0, 3));
    decoder.next();
    expect(
      codeOf(() => {
        decoder.finish();
      }),
    ).toBe('truncated');
    decoder.push(message.subarray(3));
    decoder.next();
    decoder.finish();
  });
});

describe('limits of v1', () => {
  it('writes and reads a body of 10240 bytes', () => {
    const message = pongOf(MAX_V1_BODY_BYTES);
    const bytes = v1Codec.encode(message);
    expect(bytes).toHaveLength(9 + 10_240);
    expect(readAll(v1Codec.decoder(), [bytes])).toEqual([message]);
  });

  it('writes none of 10241', () => {
    expect(codeOf(() => v1Codec.encode(pongOf(MAX_V1_BODY_BYTES + 1)))).toBe('message_too_long');
  });

  it('counts bytes, not characters', () => {
    expect(codeOf(() => v1Codec.encode({ type: 'pong', error: 'é'.repeat(5_200) }))).toBe('message_too_long');
  });

  it.each([
    ['0000000000002801', 'message_too_long'],
    ['0000000100000000', 'message_too_long'],
    ['7fffffffffffffff', 'message_too_long'],
    ['8000000000000000', 'bad_length'],
    ['ffffffffffffffff', 'bad_length'],
    ['0000000000002800', undefined],
  ])('at a length of %s: %s, before any of the body has come', (length, code) => {
    const decoder = v1Codec.decoder();
    decoder.push(Buffer.from(`6f${length}`, 'hex'));
    expect(codeOf(() => decoder.next())).toBe(code);
  });

  it('refuses a type byte that nobody has registered at once', () => {
    for (const byte of Buffer.from('dFlt\u0000\u00ff', 'latin1')) {
      const decoder = v1Codec.decoder();
      decoder.push(Buffer.from([byte]));
      expect(codeOf(() => decoder.next())).toBe('unknown_message');
    }
  });

  it('refuses an empty body', () => {
    const decoder = v1Codec.decoder();
    decoder.push(Buffer.from('680000000000000000', 'hex'));
    expect(codeOf(() => decoder.next())).toBe('bad_json');
  });
});

describe('limits of v2', () => {
  it('writes and reads a payload of 65536 bytes', () => {
    const message = pongOf(MAX_V2_PAYLOAD_BYTES - 2);
    const bytes = v2Codec.encode(message);
    expect(bytes).toHaveLength(8 + 65_536);
    expect(readAll(v2Codec.decoder(), [bytes])).toEqual([message]);
  });

  it('writes none of 65537', () => {
    expect(codeOf(() => v2Codec.encode(pongOf(MAX_V2_PAYLOAD_BYTES - 1)))).toBe('message_too_long');
  });

  it.each([
    ['0010000000010000', undefined],
    ['0010000000010001', 'message_too_long'],
    ['00100000ffffffff', 'message_too_long'],
    ['0010000100000002', 'bad_frame'],
    ['0011000000000002', 'bad_frame'],
    ['0001000000000002', 'bad_frame'],
    ['0010000000000001', 'bad_frame'],
    ['0010000000000000', 'bad_frame'],
    ['00100000000000040000', 'unknown_message'],
    ['00100000000000040013', 'unknown_message'],
    ['00100000000000040012', undefined],
  ])('at a header of %s: %s, before any of the body has come', (header, code) => {
    const decoder = v2Codec.decoder();
    decoder.push(Buffer.from(header, 'hex'));
    expect(codeOf(() => decoder.next())).toBe(code);
  });

  it('refuses an id without JSON', () => {
    const decoder = v2Codec.decoder();
    decoder.push(Buffer.from('0010000000000002000b', 'hex'));
    expect(codeOf(() => decoder.next())).toBe('bad_json');
  });
});

describe('the choice of a codec', () => {
  it('is made by the first byte', () => {
    expect(codecOfFirstByte(0x46)).toBe(v2Codec);
    for (const byte of Buffer.from('owvG\u0000')) expect(codecOfFirstByte(byte)).toBe(v1Codec);
  });

  it('is v1 on the work connections of frpc 0.69.0, and else what the control has', () => {
    expect(codecOnWorkConns(v2Codec, '0.69.0')).toBe(v1Codec);
    expect(codecOnWorkConns(v2Codec, '0.69.1')).toBe(v2Codec);
    expect(codecOnWorkConns(v1Codec, '0.70.1')).toBe(v1Codec);
  });
});

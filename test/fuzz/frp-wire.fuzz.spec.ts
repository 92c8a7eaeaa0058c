import {
  answerClientHello,
  ClientNegotiation,
  type ControlCipher,
  type MessageDecoder,
  OpeningDecoder,
  ServerHelloDecoder,
  StreamKey,
  v1Codec,
  v1ControlCipher,
  V2_MAGIC,
  v2Codec,
  v2ControlCipher,
  WireError,
} from '@tollgate/frp-wire';
import fc from 'fast-check';
import { anyFrpMessage, splits } from '../support/frp-message-arbitrary';

/** Set `FUZZ_SEED` to the seed that a failure names, and `FUZZ_RUNS` for a longer search. */
const seed = process.env['FUZZ_SEED'];
const BOUNDS: fc.Parameters<[readonly Buffer[]]> = {
  numRuns: Number(process.env['FUZZ_RUNS'] ?? 3_000),
  ...(seed === undefined ? {} : { seed: Number(seed) }),
};

const zeros = (size: number) => Buffer.alloc(size);
const BOOTSTRAP = { transport: 'tcp', tls: true, tcpMux: true };
const hello = new ClientNegotiation(BOOTSTRAP, zeros).frame;
const capabilities = {
  message: { codecs: ['json'] },
  crypto: { algorithms: ['aes-256-gcm'], clientRandom: zeros(32) },
};
const received = { hello: { bootstrap: BOOTSTRAP, capabilities }, payload: hello.subarray(8) };
const serverHello = answerClientHello(received, zeros).frame;

/** Right bytes, of which some were changed, dropped or repeated. */
function nearly(right: Buffer): fc.Arbitrary<Buffer> {
  const edit = fc.record({
    at: fc.nat(right.length),
    dropped: fc.oneof(fc.nat(4), fc.nat(right.length)),
    put: fc.uint8Array({ maxLength: 12 }),
  });
  return fc.array(edit, { maxLength: 3 }).map((edits) => {
    let bytes = right;
    for (const { at, dropped, put } of edits) {
      bytes = Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + dropped)]);
    }
    return bytes;
  });
}

const noise = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));

function hostile(right: fc.Arbitrary<Buffer>): fc.Arbitrary<readonly Buffer[]> {
  return fc.oneof({ arbitrary: right.chain(nearly), weight: 5 }, noise).chain(splits);
}

/** Runs until the bytes are used up or refused; anything thrown but a WireError fails. */
function feed(chunks: readonly Buffer[], take: (chunk: Buffer) => void): void {
  try {
    chunks.forEach(take);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
  }
}

function drain(decoder: Pick<MessageDecoder, 'push'> & { next(): unknown }): (chunk: Buffer) => void {
  return (chunk) => {
    decoder.push(chunk);
    while (decoder.next() !== undefined);
  };
}

describe.each([v1Codec, v2Codec])('bytes from nobody, at $version', (codec) => {
  const right = fc.array(anyFrpMessage, { maxLength: 3 }).map((messages) => Buffer.concat(messages.map(codec.encode)));

  it('throw nothing but WireError out of the decoder of messages', () => {
    fc.assert(
      fc.property(hostile(right), (chunks) => {
        feed(chunks, drain(codec.decoder()));
      }),
      BOUNDS,
    );
  });

  it('give the same messages, or the same error, however they are split', () => {
    const outcome = (chunks: readonly Buffer[]) => {
      const decoder = codec.decoder();
      const seen: unknown[] = [];
      try {
        for (const chunk of chunks) {
          decoder.push(chunk);
          for (let message = decoder.next(); message; message = decoder.next()) seen.push(message);
        }
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
        seen.push(error.code);
      }
      return seen;
    };
    fc.assert(
      fc.property(hostile(right), (chunks) => {
        expect(outcome(chunks)).toEqual(outcome([Buffer.concat(chunks)]));
      }),
      BOUNDS,
    );
  });
});

it('bytes from nobody throw nothing but WireError out of the opening of a stream', () => {
  const message = anyFrpMessage.map((each) => v2Codec.encode(each));
  const right = message.map((bytes) => Buffer.concat([V2_MAGIC, hello, bytes]));
  fc.assert(
    fc.property(hostile(right), (chunks) => {
      const decoder = new OpeningDecoder();
      feed(chunks, (chunk) => {
        decoder.push(chunk);
        for (let step = decoder.next(); step; step = decoder.next()) {
          if (step.step === 'clientHello') answerClientHello(step.received, zeros);
        }
      });
    }),
    BOUNDS,
  );
});

it('bytes from nobody throw nothing but WireError out of the answer to a hello', () => {
  fc.assert(
    fc.property(hostile(fc.constant(serverHello)), (chunks) => {
      const decoder = new ServerHelloDecoder();
      const client = new ClientNegotiation(BOOTSTRAP, zeros);
      feed(chunks, (chunk) => {
        decoder.push(chunk);
        for (let payload = decoder.next(); payload; payload = decoder.next()) client.readServerHello(payload);
      });
    }),
    BOUNDS,
  );
});

describe('bytes from nobody on an encrypted control', () => {
  const agreement = { algorithm: 'aes-256-gcm', transcript: zeros(32) } as const;
  const key = new StreamKey('token');
  const ciphers: Readonly<Record<string, (end: 'client' | 'server') => ControlCipher>> = {
    v1: () => v1ControlCipher(key, zeros),
    v2: (end) => v2ControlCipher(agreement, 'token', end, zeros),
  };

  it.each(Object.entries(ciphers))('%s: throw nothing but WireError', (version, cipher) => {
    const codec = version === 'v1' ? v1Codec : v2Codec;
    const right = fc.array(anyFrpMessage, { minLength: 1, maxLength: 3 }).map((messages) => {
      const client = cipher('client');
      return Buffer.concat(messages.map((message) => client.seal(codec.encode(message))));
    });
    fc.assert(
      fc.property(hostile(right), (chunks) => {
        const server = cipher('server');
        const read = drain(codec.decoder());
        feed(chunks, (chunk) => {
          read(server.open(chunk));
        });
      }),
      BOUNDS,
    );
  });
});

import { CAPTURES, type CapturedStream, readCapture } from '../../test/support/frp-capture';
import {
  answerClientHello,
  CfbDecoder,
  CfbEncoder,
  codecOfFirstByte,
  type ControlCipher,
  type FrpMessage,
  LoginKeyCheck,
  OpeningDecoder,
  type OpeningStep,
  ServerHelloDecoder,
  StreamKey,
  type V2Agreement,
  v1ControlCipher,
  v2Codec,
  v2ControlCipher,
  type WireCodec,
} from '.';
import type { WireDecoder } from './codecs/wire-decoder';
import { transcriptOf } from './crypto/v2-keys';
import { encodeBody } from './messages/message-body';

const SNAPPY_START = 'ff060000734e61507059';

/** Draws what was drawn when the recording was made. */
function replay(...recorded: readonly Buffer[]) {
  const left = [...recorded];
  return (size: number) => {
    const bytes = left.shift();
    if (bytes?.length !== size) throw new Error(`no ${String(size)} recorded bytes`);
    return bytes;
  };
}

/** Everything that a decoder makes of these bytes in chunks of `chunkBytes`, and what it leaves. */
function readAll<T>(decoder: WireDecoder<T>, bytes: Buffer, chunkBytes: number): { items: T[]; rest: Buffer } {
  const items: T[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    decoder.push(bytes.subarray(at, at + chunkBytes));
    for (let item = decoder.next(); item !== undefined; item = decoder.next()) items.push(item);
  }
  return { items, rest: decoder.takeRest() };
}

/** One message, and what follows it. */
function readFirst(codec: WireCodec, bytes: Buffer): { message: FrpMessage; rest: Buffer } {
  const decoder = codec.decoder();
  decoder.push(bytes);
  const message = decoder.next();
  if (!message) throw new Error('no message');
  return { message, rest: decoder.takeRest() };
}

function nameInGo({ type }: FrpMessage): string {
  return type === 'udpPacket' ? 'UDPPacket' : type.charAt(0).toUpperCase() + type.slice(1);
}

function told(messages: readonly FrpMessage[]): string[] {
  return messages.map((message) => `${nameInGo(message)} ${encodeBody(message)}`);
}

/** The opening of the client's half; what is left of it is for the next layer. */
function openingOf({ c2s }: CapturedStream, chunkBytes: number): { steps: OpeningStep[]; rest: Buffer } {
  const { items, rest } = readAll(new OpeningDecoder(), c2s, chunkBytes);
  return { steps: items, rest };
}

function open(cipher: ControlCipher, bytes: Buffer, chunkBytes: number): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes) parts.push(cipher.open(bytes.subarray(at, at + chunkBytes)));
  cipher.finish();
  return Buffer.concat(parts);
}

describe.each(CAPTURES)('the recording %s', (name) => {
  const { token, streams, messages } = readCapture(name);
  const key = new StreamKey(token);
  const toldOn = (stream: string, direction: string) =>
    messages
      .filter((each) => each.stream === stream && each.direction === direction && !each.name.endsWith('Hello'))
      .map((each) => `${each.name} ${each.json}`);
  const work = streams.filter(({ c2s }) => c2s.includes('"run_id"'));
  const controls = streams.filter((stream) => !work.includes(stream));
  const usesUdp = messages.some((each) => each.json.includes('"proxy_type":"udp"'));
  const isEncrypted = messages.some((each) => each.json.includes('"use_encryption":true'));
  const isCompressed = messages.some((each) => each.json.includes('"use_compression":true'));
  const isRefused = name.includes('wrong_token');

  it('has one control, and a work connection unless the login is refused', () => {
    expect(controls).toHaveLength(1);
    expect(work.length > 0).toBe(!isRefused);
  });

  describe.each([1, 7, 100_000])('in chunks of %d bytes', (chunkBytes) => {
    it('shows the same messages on the control, and makes the same bytes of them', () => {
      for (const stream of controls) {
        const { steps, rest } = openingOf(stream, chunkBytes);
        const login = steps.at(-1);
        if (login?.step !== 'message' || login.message.type !== 'login') throw new Error('no login');
        const check = new LoginKeyCheck(login.message.privilegeKey, login.message.timestamp);
        expect(check.matches(token)).toBe(!isRefused);
        expect(check.matches('wrong-token')).toBe(isRefused);

        let fromServer = stream.s2c;
        let agreement: V2Agreement | undefined;
        const hello = steps[0];
        if (hello?.step === 'clientHello') {
          const { payload: helloPayload, rest: behind } = readServerHello(fromServer);
          agreement = { algorithm: 'aes-256-gcm', transcript: transcriptOf(hello.received.payload, helloPayload) };
          const serverRandom = Buffer.from(
            (JSON.parse(helloPayload.toString()) as ServerHelloJson).selected.crypto.serverRandom,
            'base64',
          );
          const answer = answerClientHello(hello.received, replay(serverRandom));
          expect(answer.frame).toEqual(fromServer.subarray(0, fromServer.length - behind.length));
          expect(answer).toMatchObject({ accepted: true, agreement });
          fromServer = behind;
        }
        const { message: loginResp, rest: sealed } = readFirst(login.codec, fromServer);

        const cipherAt = (end: 'client' | 'server') =>
          agreement ? v2ControlCipher(agreement, token, end, replay()) : v1ControlCipher(key, replay());
        const up = open(cipherAt('server'), rest, chunkBytes);
        const down = open(cipherAt('client'), sealed, chunkBytes);
        const upMessages = readAll(login.codec.decoder(), up, chunkBytes).items;
        const downMessages = readAll(login.codec.decoder(), down, chunkBytes).items;

        expect(told([login.message, ...upMessages])).toEqual(toldOn(stream.name, 'c2s'));
        expect(told([loginResp, ...downMessages])).toEqual(toldOn(stream.name, 's2c'));
        expect(Buffer.concat(upMessages.map(login.codec.encode))).toEqual(up);
        expect(Buffer.concat(downMessages.map(login.codec.encode))).toEqual(down);
        if (isRefused) continue;
        expect(sealAgain(agreement, 'client', up, rest)).toEqual(rest);
        expect(sealAgain(agreement, 'server', down, sealed)).toEqual(sealed);
      }
    });

    it('shows the same messages and payload on the work connections', () => {
      for (const stream of work) {
        const { steps, rest: up } = openingOf(stream, chunkBytes);
        const first = steps[0];
        if (first?.step !== 'message') throw new Error('no message');
        const upMessages = [first.message];
        const downMessages: FrpMessage[] = [];
        if (stream.s2c.length > 0) {
          const { message, rest: down } = readFirst(first.codec, stream.s2c);
          downMessages.push(message);
          if (usesUdp) {
            upMessages.push(...readAll(first.codec.decoder(), up, chunkBytes).items);
            downMessages.push(...readAll(first.codec.decoder(), down, chunkBytes).items);
          } else if (down.length > 0) {
            expect(payload(up, chunkBytes)).toBe('world');
            expect(payload(down, chunkBytes)).toBe('hello');
          }
        }
        expect(told(upMessages)).toEqual(toldOn(stream.name, 'c2s'));
        expect(told(downMessages)).toEqual(toldOn(stream.name, 's2c'));
      }
    });
  });

  interface ServerHelloJson {
    readonly selected: { readonly crypto: { readonly serverRandom: string } };
  }

  function readServerHello(bytes: Buffer): { payload: Buffer; rest: Buffer } {
    const decoder = new ServerHelloDecoder();
    decoder.push(bytes);
    const helloPayload = decoder.next();
    if (!helloPayload) throw new Error('no ServerHello');
    return { payload: helloPayload, rest: decoder.takeRest() };
  }

  /** Seals with the recorded IV or nonce, in the writes that Go makes. */
  function sealAgain(
    agreement: V2Agreement | undefined,
    end: 'client' | 'server',
    plaintext: Buffer,
    recorded: Buffer,
  ): Buffer {
    if (!agreement) return v1ControlCipher(key, replay(recorded.subarray(0, 16))).seal(plaintext);
    const cipher = v2ControlCipher(agreement, token, end, replay(recorded.subarray(0, 12)));
    const writes: Buffer[] = [];
    for (let at = 0; at < plaintext.length;) {
      const body = at + 8 + plaintext.readUInt32BE(at + 4);
      writes.push(cipher.seal(plaintext.subarray(at, at + 8)), cipher.seal(plaintext.subarray(at + 8, body)));
      at = body;
    }
    return Buffer.concat(writes);
  }

  /** What the user sent or got, read out of the uncompressed chunk where the proxy compresses. */
  function payload(bytes: Buffer, chunkBytes: number): string {
    let plain = bytes;
    if (isEncrypted) {
      const decoder = new CfbDecoder(key);
      const parts: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += chunkBytes)
        parts.push(decoder.push(bytes.subarray(at, at + chunkBytes)));
      plain = Buffer.concat(parts);
      expect(new CfbEncoder(key, replay(bytes.subarray(0, 16))).update(plain)).toEqual(bytes);
    }
    if (!isCompressed) return plain.toString();
    expect(plain.subarray(0, 10).toString('hex')).toBe(SNAPPY_START);
    return plain.subarray(18).toString();
  }
});

it('knows both versions by the first byte of the recordings', () => {
  for (const name of CAPTURES) {
    for (const { c2s } of readCapture(name).streams) {
      expect(codecOfFirstByte(c2s[0] ?? 0) === v2Codec).toBe(name.includes('v2'));
    }
  }
});

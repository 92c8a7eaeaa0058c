import { randomBytes } from 'node:crypto';
import { FrameType, V2_MAGIC } from '../codecs/v2-frame';
import { v1Codec, v2Codec } from '../codecs/wire-codec';
import { v2ControlCipher } from '../crypto/control-cipher';
import { MAX_V2_PAYLOAD_BYTES } from '../limits';
import { WireError, type WireErrorCode } from '../wire-error';
import { ClientNegotiation, ServerHelloDecoder } from './client-negotiation';
import { CLIENT_HELLO_FIELDS, type ClientHello, decodeHello, encodeHello, SERVER_HELLO_FIELDS } from './hello';
import { OpeningDecoder, type OpeningStep } from './opening-decoder';
import { answerClientHello } from './server-negotiation';

const BOOTSTRAP = { transport: 'tcp', tls: true, tcpMux: true };
const login = v2Codec.encode({ type: 'login', version: '0.70.1' });

function codeOf(act: () => unknown): WireErrorCode | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (error instanceof WireError) return error.code;
    throw error;
  }
}

function read(bytes: Buffer, chunkBytes = bytes.length): { steps: OpeningStep[]; rest: Buffer } {
  const decoder = new OpeningDecoder();
  const steps: OpeningStep[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    decoder.push(bytes.subarray(at, at + chunkBytes));
    for (let step = decoder.next(); step; step = decoder.next()) steps.push(step);
  }
  return { steps, rest: decoder.takeRest() };
}

function helloFrame({
  codecs = ['json'],
  algorithms = ['xchacha20-poly1305', 'aes-256-gcm'],
  randomLength = 32,
}): Buffer {
  const crypto = { algorithms, clientRandom: Buffer.alloc(randomLength, 1) };
  const hello: ClientHello = { bootstrap: BOOTSTRAP, capabilities: { message: { codecs }, crypto } };
  return encodeHello(FrameType.clientHello, CLIENT_HELLO_FIELDS, hello);
}

function answer(frame: Buffer) {
  const payload = frame.subarray(8);
  return answerClientHello({ hello: decodeHello(CLIENT_HELLO_FIELDS, payload), payload }, randomBytes);
}

describe('the two ends', () => {
  it('agree, and understand each other from then on', () => {
    const client = new ClientNegotiation(BOOTSTRAP, randomBytes);
    const [step] = read(Buffer.concat([V2_MAGIC, client.frame, login])).steps;
    if (step?.step !== 'clientHello') throw new Error('no hello');
    const answered = answerClientHello(step.received, randomBytes);

    const hellos = new ServerHelloDecoder();
    const loginResp = v2Codec.encode({ type: 'loginResp', runId: '1' });
    hellos.push(Buffer.concat([answered.frame, loginResp]));
    const payload = hellos.next();
    expect(hellos.takeRest()).toEqual(loginResp);
    const choice = payload && client.readServerHello(payload);
    if (!choice?.accepted || !answered.accepted) throw new Error('no agreement');
    expect(choice.agreement).toEqual(answered.agreement);

    const atServer = v2ControlCipher(answered.agreement, 'token', 'server', randomBytes);
    const atClient = v2ControlCipher(choice.agreement, 'token', 'client', randomBytes);
    const atStranger = v2ControlCipher(choice.agreement, 'other', 'client', randomBytes);
    const sealed = atServer.seal(Buffer.from('down'));
    expect(atClient.open(sealed).toString()).toBe('down');
    expect(atServer.open(atClient.seal(Buffer.from('up'))).toString()).toBe('up');
    expect(codeOf(() => atStranger.open(sealed))).toBe('forged_record');
  });

  it('have other keys when a byte of a hello was changed on the way', () => {
    const client = new ClientNegotiation(BOOTSTRAP, randomBytes);
    const altered = Buffer.from(client.frame.toString('latin1').replace('"tls":true', '"tls":null'), 'latin1');
    const answered = answer(altered);
    const choice = client.readServerHello(answered.frame.subarray(8));
    if (!choice.accepted || !answered.accepted) throw new Error('no agreement');
    expect(choice.agreement.transcript).not.toEqual(answered.agreement.transcript);
  });
});

describe('the server', () => {
  it('takes AES-256-GCM wherever the client lists it', () => {
    expect(answer(helloFrame({}))).toMatchObject({ accepted: true, agreement: { algorithm: 'aes-256-gcm' } });
  });

  it.each([
    [{ codecs: ['cbor'] }, 'unsupported message codec'],
    [{ codecs: [] }, 'unsupported message codec'],
    [{ randomLength: 31 }, 'invalid crypto client random length 31, want 32'],
    [{ randomLength: 33 }, 'invalid crypto client random length 33, want 32'],
    [{ randomLength: 0 }, 'invalid crypto client random length 0, want 32'],
    [{ algorithms: ['xchacha20-poly1305'] }, 'no supported crypto algorithm'],
    [{ algorithms: [] }, 'no supported crypto algorithm'],
  ])('refuses %j: %s', (offer, error) => {
    const refusal = answer(helloFrame(offer));
    expect(refusal).toMatchObject({ accepted: false, error });
    expect(refusal.frame.subarray(8).toString()).toBe(
      `{"selected":{"message":{"codec":"json"},"crypto":{}},"error":"${error}"}`,
    );
    const client = new ClientNegotiation(BOOTSTRAP, randomBytes);
    expect(client.readServerHello(refusal.frame.subarray(8))).toEqual({ accepted: false, error });
  });
});

describe('the client', () => {
  const right = { codec: 'json', algorithm: 'aes-256-gcm', randomLength: 32 };

  it.each([
    [{}, undefined],
    [{ codec: 'cbor' }, 'bad_server_hello'],
    [{ algorithm: 'xchacha20-poly1305' }, 'bad_server_hello'],
    [{ algorithm: '' }, 'bad_server_hello'],
    [{ randomLength: 31 }, 'bad_server_hello'],
  ])('at a choice of %j: %s', (change, code) => {
    const { codec, algorithm, randomLength } = { ...right, ...change };
    const selected = { message: { codec }, crypto: { algorithm, serverRandom: Buffer.alloc(randomLength) } };
    const frame = encodeHello(FrameType.serverHello, SERVER_HELLO_FIELDS, { selected });
    const client = new ClientNegotiation(BOOTSTRAP, randomBytes);
    expect(codeOf(() => client.readServerHello(frame.subarray(8)))).toBe(code);
  });

  it('takes nothing but a ServerHello first', () => {
    const decoder = new ServerHelloDecoder();
    decoder.push(login);
    expect(codeOf(() => decoder.next())).toBe('bad_frame');
  });
});

describe('the beginning of a logical stream', () => {
  const v1Work = v1Codec.encode({ type: 'newWorkConn', runId: '1' });
  const v2Work = v2Codec.encode({ type: 'newWorkConn', runId: '1' });
  const rest = Buffer.from('FRP, or anything');

  it.each([1, 3, 1000])('is read in chunks of %d bytes, and what follows is left', (chunkBytes) => {
    const v1 = read(Buffer.concat([v1Work, rest]), chunkBytes);
    expect(v1.steps).toMatchObject([{ step: 'message', codec: v1Codec, message: { type: 'newWorkConn', runId: '1' } }]);
    expect(v1.rest).toEqual(rest);

    const v2 = read(Buffer.concat([V2_MAGIC, v2Work, rest]), chunkBytes);
    expect(v2.steps).toMatchObject([{ step: 'message', codec: v2Codec, message: { type: 'newWorkConn' } }]);
    expect(v2.rest).toEqual(rest);

    const control = read(Buffer.concat([V2_MAGIC, helloFrame({}), login, rest]), chunkBytes);
    expect(control.steps).toMatchObject([{ step: 'clientHello' }, { step: 'message', message: { type: 'login' } }]);
    expect(control.rest).toEqual(rest);
  });

  it.each([
    ['another magic', Buffer.from('46525001', 'hex'), 'bad_magic'],
    ['a first byte of nobody', Buffer.from([0]), 'unknown_message'],
    ['two hellos', Buffer.concat([V2_MAGIC, helloFrame({}), helloFrame({})]), 'bad_frame'],
    ['a ServerHello', Buffer.concat([V2_MAGIC, Buffer.from('0002000000000002', 'hex')]), 'bad_frame'],
    ['a hello that is no JSON', Buffer.concat([V2_MAGIC, Buffer.from('00010000000000017b', 'hex')]), 'bad_json'],
    ['a hello of other types', Buffer.concat([V2_MAGIC, frameOf('{"capabilities":[]}')]), 'bad_field'],
    ['a random that is no base64', Buffer.concat([V2_MAGIC, frameOf(helloWithRandom('a'))]), 'bad_field'],
  ])('is refused for %s', (_, bytes, code) => {
    expect(codeOf(() => read(bytes))).toBe(code);
  });

  it.each([
    [MAX_V2_PAYLOAD_BYTES, undefined],
    [MAX_V2_PAYLOAD_BYTES + 1, 'message_too_long'],
  ])('at a hello of %d bytes: %s, when its header has come', (bytes, code) => {
    const header = Buffer.from('0001000000000000', 'hex');
    header.writeUInt32BE(bytes, 4);
    expect(codeOf(() => read(Buffer.concat([V2_MAGIC, header])))).toBe(code);
  });

  it('takes a hello of 65536 bytes', () => {
    const json = helloFrame({}).subarray(8).toString();
    const padded = json + ' '.repeat(MAX_V2_PAYLOAD_BYTES - json.length);
    expect(read(Buffer.concat([V2_MAGIC, frameOf(padded)]), 1000).steps).toMatchObject([{ step: 'clientHello' }]);
  });

  function frameOf(json: string): Buffer {
    const header = Buffer.from('0001000000000000', 'hex');
    header.writeUInt32BE(json.length, 4);
    return Buffer.concat([header, Buffer.from(json)]);
  }

  function helloWithRandom(random: string): string {
    return `{"capabilities":{"crypto":{"clientRandom":"${random}"}}}`;
  }
});

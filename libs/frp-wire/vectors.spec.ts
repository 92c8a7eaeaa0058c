import {
  answerClientHello,
  CfbDecoder,
  CfbEncoder,
  loginKey,
  OpeningDecoder,
  type OutgoingMessage,
  StreamKey,
  v1Codec,
  v1ControlCipher,
  V2_MAGIC,
  v2Codec,
  v2ControlCipher,
} from '.';
import { controlKey } from './crypto/v2-keys';

/** Bytes made by frp's own libraries. */
const TOKEN = 's3cr3t-token';
const TIMESTAMP = 1_753_300_000;
const RUN_ID = '0123456789abcdef';
const LOGIN_JSON =
  '{"version":"0.70.1","hostname":"edge01","os":"linux","arch":"amd64","privilege_key":"ddc6dbbe091f902ed9fded315639b941","timestamp":1753300000,"client_spec":{},"pool_count":1}';
const CLIENT_HELLO_JSON =
  '{"bootstrap":{"transport":"tcp","tls":true,"tcpMux":true},"capabilities":{"message":{"codecs":["json"]},"crypto":{"algorithms":["aes-256-gcm","xchacha20-poly1305"],"clientRandom":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}}}';
const SERVER_HELLO_JSON =
  '{"selected":{"message":{"codec":"json"},"crypto":{"algorithm":"aes-256-gcm","serverRandom":"gIGCg4SFhoeIiYqLjI2Oj5CRkpOUlZaXmJmam5ydnp8="}}}';

const login: OutgoingMessage = {
  type: 'login',
  version: '0.70.1',
  hostname: 'edge01',
  os: 'linux',
  arch: 'amd64',
  privilegeKey: loginKey(TOKEN, TIMESTAMP),
  timestamp: TIMESTAMP,
  poolCount: 1,
};
const loginResp: OutgoingMessage = { type: 'loginResp', version: '0.70.1', runId: RUN_ID };
const reqWorkConn: OutgoingMessage = { type: 'reqWorkConn' };
const newProxyResp: OutgoingMessage = { type: 'newProxyResp', proxyName: 'ssh', remoteAddr: ':6000' };

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(/\s/gu, ''), 'hex');
}

/** Bytes from `first` on, each one more than the one before. */
function counting(first: number, length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, i) => first + i));
}

describe('messages of v1', () => {
  const vectors: readonly (readonly [OutgoingMessage, string, string])[] = [
    [login, '6f00000000000000ae', LOGIN_JSON],
    [loginResp, '310000000000000030', '{"version":"0.70.1","run_id":"0123456789abcdef"}'],
    [reqWorkConn, '720000000000000002', '{}'],
    [{ type: 'newWorkConn', runId: RUN_ID }, '77000000000000001d', '{"run_id":"0123456789abcdef"}'],
    [
      { type: 'newProxy', proxyName: 'ssh', proxyType: 'tcp', remotePort: 6000 },
      '70000000000000003a',
      '{"proxy_name":"ssh","proxy_type":"tcp","remote_port":6000}',
    ],
    [newProxyResp, '32000000000000002a', '{"proxy_name":"ssh","remote_addr":":6000"}'],
    [
      {
        type: 'startWorkConn',
        proxyName: 'ssh',
        srcAddr: '203.0.113.7',
        dstAddr: '198.51.100.2',
        srcPort: 51_234,
        dstPort: 6000,
      },
      '730000000000000068',
      '{"proxy_name":"ssh","src_addr":"203.0.113.7","dst_addr":"198.51.100.2","src_port":51234,"dst_port":6000}',
    ],
    [
      { type: 'udpPacket', content: Buffer.from('hi'), remote: { ip: '203.0.113.7', port: 40_000, zone: '' } },
      '75000000000000003c',
      '{"c":"aGk=","r":{"IP":"203.0.113.7","Port":40000,"Zone":""}}',
    ],
  ];

  it.each(vectors)('writes $type as Go does', (message, header, json) => {
    expect(v1Codec.encode(message)).toEqual(Buffer.concat([hex(header), Buffer.from(json)]));
  });

  it.each(vectors)('reads $type as Go writes it', (message, header, json) => {
    const decoder = v1Codec.decoder();
    decoder.push(Buffer.concat([hex(header), Buffer.from(json)]));
    expect(decoder.next()).toMatchObject(message);
    expect(decoder.takeRest()).toHaveLength(0);
  });
});

describe('keys', () => {
  it('makes the login key of token and timestamp', () => {
    expect(loginKey(TOKEN, TIMESTAMP)).toBe('ddc6dbbe091f902ed9fded315639b941');
  });

  it.each([
    [TOKEN, 'c15031e693b99418ffdc9a9a75ce2c1a'],
    ['', 'cdc9dc4c472c37331281df4c232a8407'],
  ])('makes the AES key of the token %j', (token, key) => {
    // The key shows in what it does to a block.
    const block = counting(0, 16);
    const { createCipheriv } = jest.requireActual<typeof import('node:crypto')>('node:crypto');
    const expected = createCipheriv('aes-128-ecb', hex(key), null).update(block);
    expect(new StreamKey(token).encryptBlocks(block)).toEqual(expected);
  });

  it('makes the v2 key that frp has published', () => {
    const agreement = { algorithm: 'xchacha20-poly1305', transcript: Buffer.alloc(32, 0x44) } as const;
    expect(controlKey(agreement, 'token', 'client-to-server').export().toString('hex')).toBe(
      'a058cd025d96985febebff79a19f62b715e053913dfc747705914c624bf3d495',
    );
  });

  it('makes keys of an empty token', () => {
    const agreement = { algorithm: 'aes-256-gcm', transcript: Buffer.alloc(32) } as const;
    expect(controlKey(agreement, '', 'client-to-server').export()).toHaveLength(32);
  });
});

describe('the encrypted v1 control', () => {
  const iv = counting(0, 16);
  const reqBytes = hex('873853d851bd60898e05b6');
  const respBytes = hex(
    '3dcd68a2692c02628aa76262c14445823913cb45db7f2576ce52c0c7d813e06a40efa3a9c865a412d97b3e45c844f951cd6c76',
  );

  it('seals two messages as one sequence behind one IV', () => {
    const cipher = v1ControlCipher(new StreamKey(TOKEN), () => iv);
    expect(cipher.seal(v1Codec.encode(reqWorkConn))).toEqual(Buffer.concat([iv, reqBytes]));
    expect(cipher.seal(v1Codec.encode(newProxyResp))).toEqual(respBytes);
  });

  it('opens them', () => {
    const cipher = v1ControlCipher(new StreamKey(TOKEN), () => iv);
    const decoder = v1Codec.decoder();
    decoder.push(cipher.open(Buffer.concat([iv, reqBytes, respBytes])));
    expect(decoder.next()).toEqual(reqWorkConn);
    expect(decoder.next()).toEqual({ ...newProxyResp, error: '' });
    expect(decoder.next()).toBeUndefined();
  });

  it('encrypts compressed payload', () => {
    const compressed = hex('ff060000734e61507059 01090000bb1f1c1968656c6c6f');
    const encrypted = hex('0a3e53d822f301d9fc27ca06cd681976437080da1da572');
    const key = new StreamKey(TOKEN);
    expect(new CfbEncoder(key, () => iv).update(compressed)).toEqual(Buffer.concat([iv, encrypted]));
    expect(new CfbDecoder(key).push(Buffer.concat([iv, encrypted]))).toEqual(compressed);
  });
});

describe('wire protocol v2', () => {
  const clientHello = Buffer.concat([hex('00010000000000e4'), Buffer.from(CLIENT_HELLO_JSON)]);
  const loginFrame = Buffer.concat([hex('00100000000000b00001'), Buffer.from(LOGIN_JSON)]);
  const serverRandom = counting(0x80, 32);
  const nonce = counting(0xa0, 12);
  const records = hex(
    '00000018 72b523998d0da978880d8df5cc23e1024c2b814bef15ad16 00000014 305afc715719972fdcbde065bf6ef0721b951105',
  );

  function opening() {
    const decoder = new OpeningDecoder();
    decoder.push(Buffer.concat([V2_MAGIC, clientHello, loginFrame]));
    const [hello, message] = [decoder.next(), decoder.next()];
    if (hello?.step !== 'clientHello' || message?.step !== 'message') throw new Error('no opening');
    return { received: hello.received, message: message.message, codec: message.codec };
  }

  function agreement() {
    const answer = answerClientHello(opening().received, () => serverRandom);
    if (!answer.accepted) throw new Error(answer.error);
    return answer;
  }

  it('reads magic, hello and Login', () => {
    const { received, message, codec } = opening();
    expect(received.payload.toString()).toBe(CLIENT_HELLO_JSON);
    expect(received.hello.bootstrap).toEqual({ transport: 'tcp', tls: true, tcpMux: true });
    expect(received.hello.capabilities.crypto.clientRandom).toEqual(counting(0, 32));
    expect(message).toMatchObject(login);
    expect(codec).toBe(v2Codec);
  });

  it('writes Login and LoginResp as Go does', () => {
    expect(v2Codec.encode(login)).toEqual(loginFrame);
    expect(v2Codec.encode(loginResp)).toEqual(
      Buffer.concat([hex('00100000000000320002'), Buffer.from('{"version":"0.70.1","run_id":"0123456789abcdef"}')]),
    );
  });

  it('answers the hello as Go does, and both ends have the same keys', () => {
    const { frame, agreement: agreed } = agreement();
    expect(frame).toEqual(Buffer.concat([hex('000200000000008c'), Buffer.from(SERVER_HELLO_JSON)]));
    expect(agreed.transcript).toEqual(hex('a84bf94606cd27c1fcd1f0c5bb5b2eb817d1a1fd60e831f4929755dae17df13f'));
    const keys = (['client-to-server', 'server-to-client'] as const).map((direction) =>
      controlKey(agreed, TOKEN, direction).export().toString('hex'),
    );
    expect(keys).toEqual([
      '50bd4a3d27f5fde1d6a480ed0d6f032df2bb4da3234c6e03def08dd95b14001e',
      '10c01fdfc44c0a42f5d7a72342ecdc634f2cb6963c85e7f8432c75d9bf2de8e6',
    ]);
  });

  it('seals records, counting the nonce up', () => {
    const cipher = v2ControlCipher(agreement().agreement, TOKEN, 'server', () => nonce);
    const message = v2Codec.encode(reqWorkConn);
    const sealed = [cipher.seal(message.subarray(0, 8)), cipher.seal(message.subarray(8))];
    expect(Buffer.concat(sealed)).toEqual(Buffer.concat([nonce, records]));
  });

  it('opens records', () => {
    const cipher = v2ControlCipher(agreement().agreement, TOKEN, 'client', () => nonce);
    expect(cipher.open(Buffer.concat([nonce, records]))).toEqual(v2Codec.encode(reqWorkConn));
  });
});

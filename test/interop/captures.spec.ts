import { FrpClient, LoginRefusedError, type ProxyOptions } from '../support/frp-client';
import { type CapturedStream, type FrpCapture, readCapture } from '../support/frp-capture';
import { CapturePlayer } from './capture-player';

/** Of frpc 0.70.1, each with its configuration: without TLS, one tcp proxy, one user who sends `hello` and gets `world`. */
const SERVED: readonly (readonly [name: string, encoding: Pick<ProxyOptions, 'useEncryption' | 'useCompression'>])[] = [
  ['a_mux_tcp', {}],
  ['b_nomux_tcp', {}],
  ['c_mux_enc_comp', { useEncryption: true, useCompression: true }],
  ['f_nomux_enc_comp', { useEncryption: true, useCompression: true }],
  ['f2_nomux_enc', { useEncryption: true }],
  ['f3_nomux_comp', { useCompression: true }],
  ['g_v2_mux_tcp', {}],
  ['g2_v2_nomux_enc_comp', { useEncryption: true, useCompression: true }],
];
const REFUSED = ['e_mux_wrong_token', 'e2_nomux_wrong_token', 'g3_v2_mux_wrong_token'];
const WRONG_TOKEN = 'wrong-token';
const MAGIC_BYTES = 7;

/** A client that draws what was drawn when the recording was made, and logs in when that was. */
async function connectAsRecorded(name: string, capture: FrpCapture, port: number, token: string): Promise<FrpClient> {
  const login = JSON.parse(toldLogin(capture)) as { timestamp: number; hostname: string };
  const draws = recordedDraws(capture);
  return FrpClient.connect({
    port,
    token,
    wire: name.includes('_v2_') ? 'v2' : 'v1',
    mux: !name.includes('nomux'),
    tls: 'off',
    nowSeconds: () => login.timestamp,
    login: { hostname: login.hostname },
    heartbeatMs: 0,
    randomBytes: (size) => draws(size),
  });
}

function toldLogin({ messages }: FrpCapture): string {
  return messages.find((message) => message.name === 'Login')?.json ?? '';
}

/** The client's IVs, nonces and random, in the order in which they were drawn. */
function recordedDraws({ streams, messages }: FrpCapture): (size: number) => Buffer {
  const hello = messages.find((message) => message.name === 'ClientHello');
  const draws: Buffer[] = [];
  const [control, ...work] = streams;
  if (hello !== undefined) {
    const { capabilities } = JSON.parse(hello.json) as { capabilities: { crypto: { clientRandom: string } } };
    draws.push(Buffer.from(capabilities.crypto.clientRandom, 'base64'));
  }
  const opened = openingBytes(control, messages, hello !== undefined);
  const ivBytes = hello === undefined ? 16 : 12;
  draws.push(control?.c2s.subarray(opened, opened + ivBytes) ?? Buffer.alloc(0));
  for (const stream of work) {
    const behind = openingBytes(stream, messages, hello !== undefined);
    if (stream.c2s.length > behind) draws.push(stream.c2s.subarray(behind, behind + 16));
  }
  return (size) => {
    const next = draws.shift();
    if (next?.length !== size) throw new Error(`nothing of ${String(size)} bytes was drawn then`);
    return next;
  };
}

/** How much of the client's half is in clear. */
function openingBytes(stream: CapturedStream | undefined, messages: FrpCapture['messages'], isV2: boolean): number {
  const own = messages.filter((each) => each.stream === stream?.name && each.direction === 'c2s');
  const clear = own.filter(({ name }) => ['ClientHello', 'Login', 'NewWorkConn'].includes(name));
  const frame = (name: string): number => (isV2 ? (name === 'ClientHello' ? 8 : 10) : 9);
  const bytes = clear.map(({ name, json }) => frame(name) + Buffer.byteLength(json));
  return bytes.reduce((sum, each) => sum + each, isV2 ? MAGIC_BYTES : 0);
}

describe('our client, told what frpc was told', () => {
  let player: CapturePlayer;

  afterEach(async () => player.stop());

  it.each(SERVED)('says on every stream of %s what frpc said, byte for byte', async (name, encoding) => {
    const capture = readCapture(name);
    player = await CapturePlayer.start(capture);
    const client = await connectAsRecorded(name, capture, player.port, capture.token);
    const heard: Buffer[] = [];
    const added = client.addProxy({
      name: 'tcp1',
      type: 'tcp',
      remotePort: 17330,
      ...encoding,
      local: {
        handler: (stream) => {
          stream.attach({
            onData: (chunk) => {
              heard.push(Buffer.from(chunk));
              stream.write(Buffer.from('world'));
            },
            onEnd: () => {
              stream.end();
            },
            onDrain: () => undefined,
            onClose: () => undefined,
          });
          stream.resume();
        },
      },
    });
    const pings = capture.messages.filter((message) => message.name === 'Ping').length;
    const pongs = Array.from({ length: pings }, async () => client.ping());
    expect(await added).toEqual({ remoteAddr: ':17330', error: '' });
    expect(await Promise.all(pongs)).toEqual(pongs.map(() => ''));
    await player.serveUsers();
    await player.heardAll();
    expect(Buffer.concat(heard).toString()).toBe('hello');
    expect(player.heard()).toEqual(capture.streams.map(({ c2s }) => c2s.toString('hex')));
    client.kill();
  });

  it.each(REFUSED)('says what frpc said when it is refused as in %s', async (name) => {
    const capture = readCapture(name);
    player = await CapturePlayer.start(capture);
    const refused = connectAsRecorded(name, capture, player.port, WRONG_TOKEN);
    await expect(refused).rejects.toThrow(
      new LoginRefusedError("token in login doesn't match token from configuration"),
    );
    expect(player.heard()).toEqual(capture.streams.map(({ c2s }) => c2s.toString('hex')));
  });
});

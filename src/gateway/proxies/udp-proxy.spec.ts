import { type Socket, createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type FrpMessage, v1Codec } from '@tollgate/frp-wire';
import { TokenBucket } from '@tollgate/stream-kit';
import { type PairedStream, type RecordingReader, record } from '@tollgate/testing';
import { toPortRanges } from '@tollgate/tunnel-tokens';
import { turns, until } from '../../../test/support/http-vhost';
import { ProxyHarness } from '../../../test/support/proxy-harness';
import { PortBook } from '../ports/port-book';
import { ProxyRefusedError } from './proxy';
import { UdpPeers } from './udp-peers';
import { UdpProxy } from './udp-proxy';

const FIRST_CONNECTION_MS = 500;
const RETRY_MS = 1_000;
const MAX_DATAGRAM = 100;
/** Below those of outgoing connections. */
const PORTS = toPortRanges([{ start: 20_000, end: 29_999 }]);

describe('UdpProxy', () => {
  let harness: ProxyHarness;
  let book: PortBook;
  let proxy: UdpProxy;
  let user: Socket;
  let atUser: string[];
  let bucket: TokenBucket | undefined;

  const open = (): Promise<UdpProxy> =>
    UdpProxy.open(
      { ...harness.context(), bucket },
      { book, owner: 'tt_1/web', bindAddress: '127.0.0.1', allowed: PORTS },
      MAX_DATAGRAM,
    );
  const socketOf = (open: UdpProxy): Socket => (open as unknown as { socket: Socket }).socket;
  const port = (): number => Number(proxy.remoteAddress.slice(1));
  const send = (text: string): void => {
    user.send(text, port(), '127.0.0.1');
  };
  /** Waits until the proxy has counted as many bytes. */
  const counted = (inBytes: number): Promise<void> => until(() => harness.counter.inBytes === inBytes);
  const messages = ({ bytes }: RecordingReader): FrpMessage[] => {
    const decoder = v1Codec.decoder();
    decoder.push(bytes);
    const found: FrpMessage[] = [];
    for (let next = decoder.next(); next !== undefined; next = decoder.next()) found.push(next);
    return found;
  };
  const contents = (reader: RecordingReader): string[] =>
    messages(reader).flatMap((message) => (message.type === 'udpPacket' ? [message.content.toString()] : []));
  const answer = (client: PairedStream, toPort: number, text: string): void => {
    client.write(
      v1Codec.encode({
        type: 'udpPacket',
        content: Buffer.from(text),
        remote: { ip: '127.0.0.1', port: toPort, zone: '' },
      }),
    );
    client.pump();
  };

  beforeEach(async () => {
    harness = new ProxyHarness();
    bucket = undefined;
    book = new PortBook(() => 0);
    proxy = await open();
    atUser = [];
    user = createSocket('udp4', (content) => atUser.push(content.toString()));
    user.bind(0, '127.0.0.1');
    await once(user, 'listening');
  });
  afterEach(async () => {
    proxy.close();
    user.close();
    await once(user, 'close');
  });

  it('asks for its work connection half a second after it was opened', () => {
    harness.advance(FIRST_CONNECTION_MS - 1);
    expect(harness.session.workPool.waitingCount).toBe(0);
    harness.advance(1);
    expect(harness.session.workPool.waitingCount).toBe(1);
  });

  it('passes what came before, cuts what is too long, and answers who has asked and nobody else', async () => {
    const stranger = createSocket('udp4');
    const toStranger: string[] = [];
    stranger.on('message', (content) => toStranger.push(content.toString())).bind(0, '127.0.0.1');
    await once(stranger, 'listening');
    send('x'.repeat(MAX_DATAGRAM + 1));
    send('two');
    await turns();
    harness.advance(FIRST_CONNECTION_MS);
    const client = harness.bring();
    const reader = record(client);
    await counted(MAX_DATAGRAM + 3);
    send('three');
    await counted(MAX_DATAGRAM + 8);
    client.pump();
    expect(messages(reader)[0]).toMatchObject({ type: 'startWorkConn', proxyName: 'web' });
    expect(contents(reader)).toEqual(['x'.repeat(MAX_DATAGRAM), 'two', 'three']);
    answer(client, stranger.address().port, 'spam');
    answer(client, user.address().port, 'answer');
    await until(() => atUser.length > 0);
    expect([atUser, toStranger, harness.counter.outBytes]).toEqual([['answer'], [], 6]);
    stranger.close();
  });

  it.each<[string, (client: PairedStream) => void]>([
    [
      'ended',
      (client) => {
        client.end();
      },
    ],
    ['spoke nonsense', (client) => client.write(Buffer.from('GET / HTTP/1.1\r\n\r\n'))],
  ])('tries for another work connection a second after one that %s as soon as it was there', async (_what, act) => {
    harness.advance(FIRST_CONNECTION_MS);
    harness.bring(act);
    harness.advance(RETRY_MS - 1);
    expect(harness.session.workPool.waitingCount).toBe(0);
    harness.advance(1);
    expect(harness.session.workPool.waitingCount).toBe(1);
    const reader = record(harness.bring());
    send('hello');
    await counted(5);
    await until(() => contents(reader).length > 0);
    expect(contents(reader)).toEqual(['hello']);
  });

  it('takes no datagram from port 0, which nobody could answer, and answers none', async () => {
    harness.advance(FIRST_CONNECTION_MS);
    const client = harness.bring();
    const reader = record(client);
    socketOf(proxy).emit('message', Buffer.from('from nobody'), {
      address: '127.0.0.1',
      port: 0,
      family: 'IPv4',
      size: 11,
    });
    expect(() => {
      answer(client, 0, 'answer');
    }).not.toThrow();
    send('hello');
    await counted(5);
    await until(() => contents(reader).length > 0);
    expect([contents(reader), harness.faults]).toEqual([['hello'], []]);
  });

  it('loses what the system would not send, and nothing else', async () => {
    harness.advance(FIRST_CONNECTION_MS);
    const client = harness.bring();
    send('hello');
    await counted(5);
    jest.spyOn(socketOf(proxy), 'send').mockImplementationOnce(() => {
      throw new RangeError('ERR_SOCKET_BAD_PORT');
    });
    answer(client, user.address().port, 'lost');
    answer(client, user.address().port, 'answer');
    await until(() => atUser.length > 0);
    expect([atUser, harness.counter.outBytes]).toEqual([['answer'], 6]);
  });

  it('gives up its work connection for a fault of ours, and gets another', async () => {
    harness.advance(FIRST_CONNECTION_MS);
    const reader = record(harness.bring());
    jest.spyOn(UdpPeers.prototype, 'note').mockImplementationOnce(() => {
      throw new TypeError('broken');
    });
    send('x');
    await reader.told('close');
    expect(harness.faults).toEqual([new TypeError('broken')]);
    harness.advance(RETRY_MS);
    harness.bring();
    send('hello');
    await counted(5);
  });

  it('has users wait for nothing that a flood made it drop', async () => {
    bucket = new TokenBucket(1_000, harness.runtime);
    proxy.close();
    proxy = await open();
    harness.advance(FIRST_CONNECTION_MS);
    harness.bring();
    const flood = Buffer.alloc(MAX_DATAGRAM);
    const from = { address: '127.0.0.1', port: 9, family: 'IPv4', size: MAX_DATAGRAM };
    for (let count = 0; count < 1_000; count += 1) socketOf(proxy).emit('message', flood, from);
    expect(harness.counter.inBytes).toBe(1_000);
    harness.advance(100);
    send('hello');
    await counted(1_005);
  });

  it('tries again a second after there was none to be had', () => {
    harness.advance(FIRST_CONNECTION_MS);
    harness.nowMs += 10_000;
    harness.session.tick(harness.nowMs);
    expect(harness.session.workPool.waitingCount).toBe(0);
    harness.advance(RETRY_MS);
    expect(harness.session.workPool.waitingCount).toBe(1);
  });

  it('passes nothing while the month is used up, from the tick that notices on', async () => {
    harness.advance(FIRST_CONNECTION_MS);
    harness.bring();
    harness.month = 'refuse';
    proxy.tick(harness.nowMs);
    send('dropped');
    await turns();
    harness.month = 'open';
    proxy.tick(harness.nowMs);
    send('ok');
    await counted(2);
  });

  it('gives its port and its wish back when it closes, and wants nothing after', async () => {
    harness.advance(FIRST_CONNECTION_MS);
    proxy.close();
    proxy.close();
    harness.advance(10 * RETRY_MS);
    expect([harness.session.workPool.waitingCount, book.usedCount]).toEqual([0, 0]);
    proxy = await open();
    expect(book.usedCount).toBe(1);
  });

  it('cuts its work connection when it closes', async () => {
    harness.advance(FIRST_CONNECTION_MS);
    const reader = record(harness.bring());
    proxy.close();
    await reader.told('close');
    harness.advance(10 * RETRY_MS);
    expect(harness.session.workPool.waitingCount).toBe(0);
  });

  it('says in words of its own that a port is not allowed', async () => {
    const context = harness.context({ remotePort: 19_999 });
    const request = { book, owner: 'o', bindAddress: '127.0.0.1', allowed: PORTS };
    await expect(UdpProxy.open(context, request, MAX_DATAGRAM)).rejects.toThrow(ProxyRefusedError);
  });
});

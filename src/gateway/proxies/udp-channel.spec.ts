import { type UdpAddress, v1Codec, v2Codec } from '@tollgate/frp-wire';
import { type PairedStream, record, streamPair } from '@tollgate/testing';
import { UdpChannel, longestDatagram } from './udp-channel';

const USER: UdpAddress = { ip: '192.0.2.1', port: 40_000, zone: '' };
const SILENCE_MS = 60_000;

describe('UdpChannel', () => {
  let near: PairedStream;
  let client: PairedStream;
  let received: string[];
  let closed: number;
  let onDatagram: () => void;

  const channel = (): UdpChannel =>
    new UdpChannel(
      near,
      v1Codec,
      {
        onDatagram: (content, remote) => {
          received.push(`${remote.ip}:${String(remote.port)} ${content.toString()}`);
          onDatagram();
        },
        onClose: () => {
          closed += 1;
        },
      },
      0,
    );
  const packet = (text: string): Buffer =>
    v1Codec.encode({ type: 'udpPacket', content: Buffer.from(text), remote: USER });

  beforeEach(() => {
    [near, client] = streamPair({ delivery: 'manual', highWaterBytes: 200 });
    received = [];
    closed = 0;
    onDatagram = () => undefined;
  });

  it('hands on datagrams that name a user, and hears pings', () => {
    channel().start();
    client.write(Buffer.concat([packet('one'), v1Codec.encode({ type: 'ping' }), packet('two')]));
    client.pump();
    expect(received).toEqual(['192.0.2.1:40000 one', '192.0.2.1:40000 two']);
    expect(closed).toBe(0);
  });

  it('hands on nothing of a datagram without a user', () => {
    channel().start();
    client.write(v1Codec.encode({ type: 'udpPacket', content: Buffer.from('x') }));
    client.write(packet('one'));
    client.pump();
    expect(received).toHaveLength(1);
  });

  it('drops datagrams while the client takes no more, and passes them again when it does', () => {
    const reader = record(client);
    const open = channel();
    open.start();
    const sent = [1, 2, 3, 4].map(() => open.send(Buffer.alloc(150), USER));
    expect(sent).toEqual([true, false, false, false]);
    near.pump();
    const { byteCount } = reader;
    expect(byteCount).toBeGreaterThan(200);
    expect(open.send(Buffer.from('x'), USER)).toBe(true);
  });

  it.each([
    [SILENCE_MS - 1, 0],
    [SILENCE_MS, 1],
  ])('after %d ms of silence is closed %d times', (nowMs, times) => {
    const open = channel();
    open.start();
    open.tick(nowMs);
    expect(closed).toBe(times);
  });

  it.each([v1Codec, v2Codec])(
    'passes the longest datagram that the wire protocol has room for, and drops one byte more',
    (codec) => {
      const remote = { ip: '2001:db8:ffff:ffff:ffff:ffff:255.255.255.255', port: 65_535, zone: 'enp129s0f0np0v1' };
      const open = new UdpChannel(near, codec, { onDatagram: () => undefined, onClose: () => undefined }, 0);
      open.start();
      expect(open.send(Buffer.alloc(65_507), remote)).toBe(false);
      expect(open.send(Buffer.alloc(longestDatagram(codec.version)), remote)).toBe(true);
      expect([near.isClosed, longestDatagram('v1') >= 7_400, longestDatagram('v2') >= 48_000]).toEqual([
        false,
        true,
        true,
      ]);
    },
  );

  it('counts silence from the tick that noticed the last message', () => {
    const open = channel();
    open.start();
    client.write(v1Codec.encode({ type: 'ping' }));
    client.pump();
    open.tick(50_000);
    open.tick(50_000 + SILENCE_MS - 1);
    expect(closed).toBe(0);
    open.tick(50_000 + SILENCE_MS);
    expect(closed).toBe(1);
  });

  it.each<[string, () => void]>([
    [
      'ends',
      () => {
        client.end();
      },
    ],
    [
      'is cut',
      () => {
        client.destroy();
      },
    ],
    ['says what is no message', () => client.write(Buffer.from('GET / HTTP/1.1'))],
  ])('closes once when its client %s', (_what, act) => {
    record(client);
    const open = channel();
    open.start();
    act();
    client.pump();
    open.close();
    expect([closed, near.isClosed, open.send(Buffer.from('x'), USER)]).toEqual([1, true, false]);
  });

  it('hands on nothing after it was closed from within', () => {
    const open = channel();
    onDatagram = () => {
      open.close();
    };
    open.start();
    client.write(Buffer.concat([packet('one'), packet('two')]));
    client.pump();
    expect([received.length, closed]).toEqual([1, 1]);
  });
});

import { connect as connectTls } from 'node:tls';
import type { ByteStream } from '@tollgate/stream-kit';
import { TurnFlusher } from '@tollgate/stream-kit';
import { record, socketPair, streamPair } from '@tollgate/testing';
import { VHOST_LIMITS } from '../limits';
import { type ConnectionAddresses, type HttpsTarget, HttpsVhost } from './https-vhost';

const ADDRESSES = { address: '192.0.2.1', port: 5000, localAddress: '192.0.2.2', localPort: 443 };

/** What Node says first. */
async function realHello(servername?: string): Promise<Buffer> {
  const { accepted, connected } = await socketPair('net');
  const client = connectTls({ socket: connected, ...(servername === undefined ? {} : { servername }) });
  client.on('error', () => undefined);
  const hello = await new Promise<Buffer>((resolve) => accepted.once('data', resolve));
  client.destroy();
  accepted.destroy();
  return hello;
}

class Target implements HttpsTarget {
  readonly taken: { user: ByteStream; addresses: ConnectionAddresses }[] = [];

  open(user: ByteStream, addresses: ConnectionAddresses): void {
    this.taken.push({ user, addresses });
  }
}

describe('HttpsVhost', () => {
  let nowMs: number;
  let vhost: HttpsVhost;
  const all = new Target();
  const one = new Target();

  beforeEach(() => {
    nowMs = 1_000;
    all.taken.length = one.taken.length = 0;
    vhost = new HttpsVhost({ flusher: new TurnFlusher(), now: () => nowMs, maxPending: 3, maxPendingPerAddress: 2 });
    vhost.routes.add({ domain: 'one.example.com', location: '', httpUser: '' }, one);
  });

  function visit(address = ADDRESSES.address): { user: ReturnType<typeof streamPair>[0] } {
    const [user, accepted] = streamPair({ delivery: 'manual' });
    vhost.take(accepted, { ...ADDRESSES, address });
    return { user };
  }

  it('hands a connection on with its bytes untouched, however they come', async () => {
    const hello = await realHello('one.example.com');
    const bytes = Buffer.concat([hello, Buffer.from('and more')]);
    const { user } = visit();
    for (const byte of bytes) {
      user.write(Buffer.from([byte]));
      user.pump();
    }
    expect(one.taken[0]?.addresses).toEqual(ADDRESSES);
    const [taken] = one.taken;
    const reader = taken === undefined ? undefined : record(taken.user);
    taken?.user.resume();
    user.pump();
    expect(reader?.bytes).toEqual(bytes);
    expect(vhost.pendingCount).toBe(0);
  });

  it('answers the alert unrecognized_name where nobody serves the name, and closes', async () => {
    const { user } = visit();
    const reader = record(user);
    user.write(await realHello('two.example.com'));
    user.pump();
    expect(reader.bytes.toString('hex')).toBe('15030100020270');
    expect(reader.events).toEqual(['data', 'end']);
    nowMs += VHOST_LIMITS.lingerMs;
    vhost.tick(nowMs);
    // Who has ended learns of the cut by writing.
    user.write(Buffer.from('anybody?'));
    user.pump();
    expect(reader.events).toContain('close');
  });

  it('serves a connection that names no server by `*` alone', async () => {
    const hello = await realHello();
    const { user } = visit();
    user.write(hello);
    user.pump();
    expect(one.taken).toHaveLength(0);
    vhost.routes.add({ domain: '*', location: '', httpUser: '' }, all);
    const { user: second } = visit();
    second.write(hello);
    second.pump();
    expect(all.taken).toHaveLength(1);
  });

  it('cuts what is no TLS, and what takes longer than 30 s', () => {
    const { user } = visit();
    const nonsense = record(user);
    user.write(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
    user.pump();
    expect(nonsense.events).toContain('close');
    const { user: silent } = visit();
    const reader = record(silent);
    vhost.tick(nowMs + VHOST_LIMITS.clientHelloMs - 1);
    silent.pump();
    expect(reader.events).toEqual([]);
    vhost.tick(nowMs + VHOST_LIMITS.clientHelloMs);
    silent.pump();
    expect(reader.events).toContain('close');
    expect(vhost.pendingCount).toBe(0);
  });

  it('hears no more strangers at a time than it should, in all and from one address', () => {
    const states = ['a', 'a', 'a', 'b', 'c'].map((address) => {
      const { user } = visit(address);
      const reader = record(user);
      user.pump();
      return reader.events.includes('close');
    });
    expect(states).toEqual([false, false, true, false, true]);
    vhost.close();
    expect(vhost.pendingCount).toBe(0);
  });
});

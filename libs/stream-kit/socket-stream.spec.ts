import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { RecordingReader, record, socketPair } from '@tollgate/testing';
import type { ByteReader, ByteStream, Lease } from './byte-stream';
import { hasFastReads } from './fast-read';
import { SocketStream } from './socket-stream';
import { TurnFlusher } from './turn-flusher';

const MIB = 1024 * 1024;

describe.each([
  { kind: 'net', fastReads: true },
  { kind: 'net', fastReads: false },
  { kind: 'tls', fastReads: true },
  { kind: 'tls', fastReads: false },
] as const)('a stream over a socket ($kind, fast reads: $fastReads)', ({ kind, fastReads }) => {
  const flusher = new TurnFlusher();
  const sockets: Socket[] = [];

  /** The accepted socket is as a server makes it by default, without half-open connections. */
  async function rawPair(): Promise<{ stream: SocketStream; peer: Socket; transport: Socket }> {
    const { accepted, connected, transport } = await socketPair(kind);
    sockets.push(accepted, connected);
    accepted.allowHalfOpen = false;
    return { stream: new SocketStream(accepted, { flusher, fastReads }), peer: connected, transport };
  }

  async function pair(): Promise<[SocketStream, SocketStream]> {
    const { stream, peer } = await rawPair();
    return [stream, new SocketStream(peer, { flusher, fastReads })];
  }

  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
  });

  it('hands over what the peer writes, and nothing before there is a reader', async () => {
    const [one, other] = await pair();
    other.write(Buffer.from('hello'));
    await new Promise((resolve) => setImmediate(resolve));
    const reader = record(one);
    other.write(Buffer.from(' world'));
    other.end();
    await reader.told('end');
    expect(reader.bytes.toString()).toBe('hello world');
    expect(reader.events).toEqual(['data', 'end']);
  });

  it('sends what was written in one turn in the order in which it was written', async () => {
    const [one, other] = await pair();
    const reader = record(other);
    const chunks = Array.from({ length: 200 }, (_, index) => Buffer.from(`${String(index)};`));
    for (const chunk of chunks) one.write(chunk);
    one.end();
    await reader.told('end');
    expect(reader.bytes).toEqual(Buffer.concat(chunks));
  });

  it('hands over what Node had already read or was given back, and that first', async () => {
    const { accepted, connected } = await socketPair(kind);
    sockets.push(accepted, connected);
    connected.write('second');
    await once(accepted, 'readable');
    accepted.unshift('first ');
    const stream = new SocketStream(accepted, { flusher, fastReads });
    const reader = record(stream);
    connected.end(' third');
    await reader.told('end');
    expect(reader.bytes.toString()).toBe('first second third');
  });

  it('lets one direction go on after the other has ended, and closes without an error after both', async () => {
    const { stream, peer } = await rawPair();
    const reader = record(stream);
    peer.end('request');
    await reader.told('end');
    await new Promise((resolve) => setImmediate(resolve));
    expect(stream.isClosed).toBe(false);
    stream.write(Buffer.from('answer'));
    stream.end();
    const [answer] = (await once(peer, 'data')) as [Buffer];
    expect(answer.toString()).toBe('answer');
    await reader.told('close');
    expect(reader.events).toEqual(['data', 'end', 'close']);
    expect(reader.error).toBeUndefined();
  });

  it('closes once, with the reason, when the peer resets the connection', async () => {
    const { stream, peer, transport } = await rawPair();
    const reader = record(stream);
    peer.on('error', () => undefined).write('x');
    await reader.told('data');
    transport.resetAndDestroy();
    await reader.told('close');
    expect(reader.events).toEqual(['data', 'close']);
    expect(reader.error).toMatchObject({ code: 'ECONNRESET' });
    expect(stream.write(Buffer.from('ignored'))).toBe(true);
    expect(stream.queuedBytes).toBe(0);
  });

  it('closes with the reason it was destroyed for, drops what waits, and hands nothing out after that', async () => {
    const { stream, peer } = await rawPair();
    const reader = record(stream);
    const released = jest.fn();
    stream.write(Buffer.from('never sent'), { release: released });
    peer.write('never read');
    stream.destroy(new Error('enough'));
    expect(stream.isClosed).toBe(true);
    expect(reader.events).toEqual([]);
    await reader.told('close');
    expect(reader.events).toEqual(['close']);
    expect(reader.error?.message).toBe('enough');
    expect(released).toHaveBeenCalledTimes(1);
  });

  it('counts as queued what the socket has taken and could not send', async () => {
    const { stream, peer } = await rawPair();
    peer.pause();
    record(stream);
    stream.write(Buffer.alloc(32 * MIB));
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(stream.queuedBytes).toBeGreaterThan(0);
    expect(stream.write(Buffer.from('x'))).toBe(false);
  });

  it('releases the lease of what was written when that has gone, once, and not before', async () => {
    const { stream, peer } = await rawPair();
    peer.resume();
    const reader = record(stream);
    const release = jest.fn();
    stream.write(Buffer.alloc(100_000), { release });
    await Promise.resolve();
    expect(release).not.toHaveBeenCalled();
    while (stream.queuedBytes > 0) await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    expect(release).toHaveBeenCalledTimes(1);
    stream.destroy();
    await reader.told('close');
    expect(release).toHaveBeenCalledTimes(1);
  });

  it('tells a reader that comes after the close that there is nothing to come', async () => {
    const { stream } = await rawPair();
    const first = record(stream);
    stream.destroy();
    await first.told('close');
    expect(record(stream).events).toEqual(['close']);
  });

  it('asks the writer to wait at the bound, and to go on when under half of it waits', async () => {
    const { accepted, connected } = await socketPair(kind);
    sockets.push(accepted, connected);
    const stream = new SocketStream(accepted, { flusher, fastReads, maxQueuedBytes: 1000 });
    let queuedAtDrain = -1;
    const reader: ByteReader = {
      onData: () => undefined,
      onEnd: () => undefined,
      onClose: () => undefined,
      onDrain: () => {
        queuedAtDrain = stream.queuedBytes;
      },
    };
    stream.attach(reader);
    connected.resume();
    expect(stream.write(Buffer.alloc(999))).toBe(true);
    expect(stream.queuedBytes).toBe(999);
    expect(stream.write(Buffer.alloc(1))).toBe(false);
    while (queuedAtDrain < 0) await new Promise((resolve) => setImmediate(resolve));
    expect(queuedAtDrain).toBeLessThanOrEqual(500);
  });

  it('holds a fast peer back when its reader pauses: memory stays bounded, and nothing is lost', async () => {
    const [one, other] = await pair();
    const reader = record(one, false);
    one.pause();
    const hash = createHash('sha256');
    const total = 64 * MIB;
    let written = 0;
    const writer = new RecordingReader();
    const pump = (): void => {
      for (let isReady = true; isReady && written < total;) {
        const chunk = randomBytes(64 * 1024);
        hash.update(chunk);
        written += chunk.length;
        isReady = other.write(chunk);
      }
      if (written === total) other.end();
    };
    writer.onDrain = pump;
    other.attach(writer);
    pump();
    let before = -1;
    while (before !== written) {
      before = written;
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
    // The kernel's buffers take a few MiB.
    expect(written).toBeLessThan(16 * MIB);
    expect(other.queuedBytes).toBeLessThan(MIB);
    expect(reader.byteCount).toBeLessThan(MIB);
    one.resume();
    await reader.told('end');
    expect(reader.byteCount).toBe(total);
    expect(reader.sha256()).toBe(hash.digest('hex'));
  });

  it('moves 100 MB in both directions at once without changing a byte, though leases come back late', async () => {
    const streams = await pair();
    const total = 100 * MIB;
    const results = streams.map((stream) => exchange(stream, total));
    const [one, other] = (await Promise.all(results)) as [Sums, Sums];
    expect(one.received).toBe(other.sent);
    expect(other.received).toBe(one.sent);
  });
});

interface Sums {
  readonly sent: string;
  readonly received: string;
}

/** Writes random bytes and hashes what comes, some time after it has come and with pauses in between. */
async function exchange(stream: ByteStream, total: number): Promise<Sums> {
  const sent = createHash('sha256');
  const received = createHash('sha256');
  const source = randomBytes(1024 * 1024);
  let written = 0;
  let late: { readonly chunk: Buffer; readonly lease: Lease | undefined }[] = [];
  let count = 0;
  const look = (): void => {
    for (const { chunk, lease } of late) {
      received.update(chunk);
      lease?.release();
    }
    late = [];
    stream.resume();
  };
  const pump = (): void => {
    for (let isReady = true; isReady && written < total;) {
      const offset = written % 700_001;
      const chunk = Buffer.from(source.subarray(offset, offset + 1 + (written % 131_072)));
      sent.update(chunk);
      written += chunk.length;
      isReady = stream.write(chunk);
    }
    if (written >= total) stream.end();
  };
  await new Promise<void>((resolve) => {
    stream.attach({
      onData: (chunk, lease) => {
        late.push({ chunk, lease });
        if (++count % 7 === 0) {
          stream.pause();
          setImmediate(look);
        }
      },
      onEnd: look,
      onDrain: pump,
      onClose: () => {
        resolve();
      },
    });
    pump();
  });
  look();
  return { sent: sent.digest('hex'), received: received.digest('hex') };
}

it('finds in this Node what fast reads need', () => {
  expect(hasFastReads()).toBe(process.platform !== 'win32');
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  RawYamuxPeer,
  type RecordingReader,
  type YamuxFrame,
  decodeFrames,
  describeFrame,
  record,
} from '@tollgate/testing';
import { YamuxSession } from './yamux-session';

const FIXTURES = join(__dirname, '../../test/fixtures/frp-captures');

function syn(id: number): YamuxFrame {
  return { type: 'windowUpdate', flags: ['syn'], id };
}

/** What was recorded between frpc and frps in one direction. */
function recorded(name: string, direction: 'c2s' | 's2c'): Buffer[] {
  return readFileSync(join(FIXTURES, name, 'wire.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { dir?: string; hex?: string })
    .flatMap(({ dir, hex }) => (dir === direction && hex !== undefined ? [Buffer.from(hex, 'hex')] : []));
}

/** The payload of each stream, from whole frames. */
function payloads(bytes: Buffer): Map<number, string> {
  const streams = new Map<number, string>();
  for (const { id = 0, payload } of decodeFrames(bytes)) {
    if (payload !== undefined) streams.set(id, (streams.get(id) ?? '') + payload.toString('latin1'));
  }
  return streams;
}

describe('a yamux server and a stream of the peer', () => {
  it('never opens one', () => {
    expect(() => new RawYamuxPeer('server').session.openStream()).toThrow('a server opens no streams');
  });

  it('accepts it at once, before its owner says anything', () => {
    const peer = new RawYamuxPeer('server', {
      onStream: (stream) => {
        stream.write(Buffer.from('hi'));
        stream.destroy();
      },
    });
    peer.send(syn(1));
    expect(peer.answers()).toEqual(['windowUpdate ack #1 0', 'data #1 "hi"', 'windowUpdate rst #1 0']);
  });

  it('accepts one that begins with data, and may end with it', () => {
    const readers = new Array<RecordingReader>();
    const peer = new RawYamuxPeer('server', { onStream: (stream) => readers.push(record(stream)) });
    peer.send({ type: 'data', flags: ['syn', 'fin'], id: 7, payload: Buffer.from('all') });
    expect(peer.answers()).toEqual(['windowUpdate ack #7 0']);
    expect(readers[0]?.bytes.toString()).toBe('all');
    expect(readers[0]?.events).toEqual(['data', 'end']);
  });

  it('accepts ids that overtook each other, and none that was used before', () => {
    const peer = new RawYamuxPeer('server');
    peer.send(syn(1), syn(7), syn(3), syn(5), { type: 'windowUpdate', flags: ['rst'], id: 3 });
    expect(peer.streams.map(({ id }) => id)).toEqual([1, 7, 3, 5]);
    peer.send(syn(3));
    peer.end();
    peer.answers();
    expect(peer.closeCode).toBe('stream_id_reused');
  });

  it('resets what is more than 256 without a reader, and takes more once they have one', () => {
    const peer = new RawYamuxPeer('server');
    for (let id = 1; id <= 511; id += 2) peer.send(syn(id));
    expect(peer.answers().every((frame) => frame.startsWith('windowUpdate ack'))).toBe(true);
    peer.send(syn(513), { type: 'data', id: 513, payload: Buffer.from('lost') });
    expect(peer.answers()).toEqual(['windowUpdate rst #513 0']);
    const [first, second] = peer.streams;
    if (first !== undefined) record(first);
    second?.destroy();
    peer.answers();
    peer.send(syn(515), syn(517), syn(519));
    expect(peer.answers()).toEqual(['windowUpdate ack #515 0', 'windowUpdate ack #517 0', 'windowUpdate rst #519 0']);
    expect(peer.session.openStreams).toBe(257);
  });

  it('resets what is more than may be open at once, and takes another when one has gone', () => {
    const peer = new RawYamuxPeer('server', {
      limits: { maxOpenStreams: 2 },
      onStream: (stream) => record(stream),
    });
    peer.send(syn(1), syn(3), syn(5));
    expect(peer.answers().at(-1)).toBe('windowUpdate rst #5 0');
    peer.streams[0]?.end();
    peer.send({ type: 'windowUpdate', flags: ['fin'], id: 1 }, syn(7));
    expect(peer.answers()).toEqual(['windowUpdate fin #1 0', 'windowUpdate ack #7 0']);
  });

  it('takes no more after a go away, and keeps those that it has', () => {
    const peer = new RawYamuxPeer('server');
    peer.send(syn(1));
    peer.session.goAway(0);
    peer.send(syn(3));
    expect(peer.answers()).toEqual(['windowUpdate ack #1 0', 'goAway 0', 'windowUpdate rst #3 0']);
    expect(peer.session.openStreams).toBe(1);
    peer.session.goAway(2);
    expect(peer.answers()).toEqual(['goAway 2']);
    expect(peer.session.isClosed).toBe(true);
  });
});

describe('a yamux client', () => {
  it('has at most 256 streams that the peer has not acknowledged', () => {
    const peer = new RawYamuxPeer('client');
    for (let opened = 0; opened < 256; opened++) expect(peer.session.openStream()?.id).toBe(2 * opened + 1);
    expect(peer.session.openStream()).toBeUndefined();
    peer.send({ type: 'windowUpdate', flags: ['ack'], id: 1 }, { type: 'windowUpdate', flags: ['rst'], id: 3 });
    expect(peer.session.openStream()?.id).toBe(513);
    expect(peer.session.openStream()?.id).toBe(515);
    expect(peer.session.openStream()).toBeUndefined();
  });

  it('opens none once the peer takes no more', () => {
    const peer = new RawYamuxPeer('client');
    peer.send({ type: 'goAway', value: 0 });
    expect(peer.session.openStream()).toBeUndefined();
    expect(peer.session.isClosed).toBe(false);
  });

  it('gives up a peer that does not acknowledge a stream within 75 s', () => {
    const peer = new RawYamuxPeer('client', { keepAliveIntervalMs: 0 });
    peer.session.openStream();
    peer.tick(74_999);
    expect(peer.session.isClosed).toBe(false);
    peer.tick(75_000);
    peer.end();
    peer.answers();
    expect(peer.closeCode).toBe('open_timeout');
  });
});

describe('the exchange that was observed between frpc and frps', () => {
  const limits = { initialWindowBytes: 0x600000 };
  const hex = (...parts: string[]): string => parts.join('').replaceAll(' ', '');

  it('is what a server answers, byte for byte', () => {
    const peer = new RawYamuxPeer('server', { limits, onStream: (stream) => readers.push(record(stream)) });
    const readers = new Array<RecordingReader>();
    peer.send(Buffer.from(hex('00 01 0001 00000001 005c0000', '00 00 0000 00000001 00000005', '68656c6c6f'), 'hex'));
    expect(readers[0]?.bytes.toString()).toBe('hello');
    peer.streams[0]?.write(Buffer.from('world!'));
    peer.send(Buffer.from(hex('00 02 0001 00000000 00000000', '00 01 0004 00000001 00000000'), 'hex'));
    peer.streams[0]?.end();
    peer.send(syn(3));
    for (let sent = 0; sent < 3; sent++) {
      peer.send({ type: 'data', id: 3, payload: Buffer.alloc(0x100000) });
    }
    peer.answers();
    expect(peer.received.bytes.toString('hex')).toBe(
      hex(
        '00 01 0002 00000001 005c0000',
        '00 00 0000 00000001 00000006 776f726c6421',
        '00 02 0002 00000000 00000000',
        '00 01 0004 00000001 00000000',
        '00 01 0002 00000003 005c0000',
        '00 01 0000 00000003 00300000',
      ),
    );
    expect(readers[0]?.events).toEqual(['data', 'end', 'close']);
  });

  it('is what a client sends, byte for byte', () => {
    const peer = new RawYamuxPeer('client', { limits });
    const stream = peer.session.openStream();
    if (stream === undefined) throw new Error('no stream');
    const reader = record(stream);
    stream.write(Buffer.from('hello'));
    peer.send(Buffer.from(hex('00 01 0002 00000001 005c0000', '00 00 0000 00000001 00000006 776f726c6421'), 'hex'));
    expect(reader.bytes.toString()).toBe('world!');
    peer.tick(0);
    peer.tick(1);
    peer.tick(30_001);
    peer.send(Buffer.from(hex('00 02 0002 00000000 00000000'), 'hex'));
    stream.end();
    peer.send(Buffer.from(hex('00 01 0004 00000001 00000000'), 'hex'));
    peer.answers();
    expect(peer.received.bytes.toString('hex')).toBe(
      hex(
        '00 01 0001 00000001 005c0000',
        '00 00 0000 00000001 00000005 68656c6c6f',
        '00 02 0001 00000000 00000000',
        '00 01 0004 00000001 00000000',
      ),
    );
    expect(reader.events).toEqual(['data', 'end', 'close']);
  });
});

describe.each(['a_mux_tcp', 'c_mux_enc_comp'])('the recording %s', (name) => {
  it.each([undefined, 1, 2])(
    'comes out of a server’s streams as frpc has put it in, however it is cut (%s)',
    (seed) => {
      const pair = seed === undefined ? {} : { splitSeed: seed };
      const readers = new Map<number, RecordingReader>();
      const options = { limits: { initialWindowBytes: 0x600000 } };
      const peer = new RawYamuxPeer(
        'server',
        { ...options, onStream: (stream) => readers.set(stream.id, record(stream)) },
        pair,
      );
      const chunks = recorded(name, 'c2s');
      peer.send(...chunks);
      const delivered = new Map([...readers].map(([id, { bytes }]) => [id, bytes.toString('latin1')]));
      expect(delivered).toEqual(payloads(Buffer.concat(chunks)));
      expect([...delivered.keys()]).toEqual([1, 3, 5]);
      expect(readers.get(3)?.events.at(-1)).toBe('end');
      const asked = decodeFrames(Buffer.concat(chunks)).filter(
        ({ type, flags }) => type === 'ping' && flags?.[0] === 'syn',
      );
      expect(peer.answers()).toEqual([
        ...[1, 3, 5].map((id) => `windowUpdate ack #${String(id)} 6029312`),
        ...asked.map(() => 'ping ack 0'),
      ]);
    },
  );

  it('comes out of a client’s streams as frps has put it in', () => {
    const chunks = recorded(name, 's2c');
    const peer = new RawYamuxPeer('client');
    const readers = new Map<number, RecordingReader>();
    for (let opened = 0; opened < 3; opened++) {
      const stream = peer.session.openStream();
      if (stream !== undefined) readers.set(stream.id, record(stream));
    }
    peer.send(...chunks);
    const sent = payloads(Buffer.concat(chunks));
    for (const [id, reader] of readers) expect(reader.bytes.toString('latin1')).toBe(sent.get(id) ?? '');
    expect(readers.get(3)?.events).toEqual(['data', 'end']);
  });

  it('is made of the frames that the naive decoder writes again', () => {
    for (const direction of ['c2s', 's2c'] as const) {
      const frames = decodeFrames(Buffer.concat(recorded(name, direction)));
      expect(frames.length).toBeGreaterThan(5);
      expect(frames.map(describeFrame)).toEqual(expect.arrayContaining(['windowUpdate fin #3 0']));
    }
  });
});

describe('a yamux session', () => {
  it('refuses limits that contradict each other', () => {
    const transport = { attach: () => undefined } as never;
    const make = (limits: object) => () =>
      new YamuxSession(transport, {
        role: 'server',
        onStream: () => undefined,
        onClose: () => undefined,
        nowMs: () => 0,
        limits,
      });
    expect(make({ initialWindowBytes: 262_143 })).toThrow(RangeError);
    expect(make({ initialWindowBytes: 262_144, maxWindowBytes: 262_144 })).not.toThrow();
    expect(make({ maxWindowBytes: 262_143 })).toThrow(RangeError);
    expect(make({ maxWindowBytes: 0x4000_0000 })).not.toThrow();
    expect(make({ maxWindowBytes: 0x4000_0001 })).toThrow(RangeError);
    expect(make({ maxFrameBytes: 0 })).toThrow(RangeError);
    expect(make({ copyBelowBytes: 1_025 })).toThrow(RangeError);
    expect(make({ maxOpenStreams: -1 })).toThrow(RangeError);
    expect(make({ maxOpenStreams: 1.5 })).toThrow(RangeError);
  });
});

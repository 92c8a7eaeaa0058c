import { RawYamuxPeer, type YamuxFrame, record } from '@tollgate/testing';

function syn(id: number): YamuxFrame {
  return { type: 'windowUpdate', flags: ['syn'], id, value: 6_029_312 };
}

describe('streams that send at the same time', () => {
  it('take turns, a frame each, so that bulk on one holds nobody up', () => {
    const peer = new RawYamuxPeer('server', {}, { highWaterBytes: 131_072 });
    peer.send(syn(1), syn(3), syn(5));
    peer.answers();
    const [bulk, other, small] = peer.streams;
    while (bulk?.write(Buffer.alloc(65_536)));
    while (other?.write(Buffer.alloc(65_536)));
    small?.write(Buffer.from('small'));
    const order = peer.answers().map((frame) => frame.split(' ')[1]);
    // Two frames were on their way before the others came.
    expect(order.slice(0, 8)).toEqual(['#1', '#1', '#1', '#3', '#5', '#1', '#3', '#1']);
    expect(order.filter((id) => id === '#1').length).toBeGreaterThan(8);
  });

  it('send in frames of at most 64 KiB, and several short chunks in one', () => {
    const peer = new RawYamuxPeer('server', {}, { highWaterBytes: 1 });
    peer.send(syn(1));
    peer.answers();
    const [stream] = peer.streams;
    stream?.write(Buffer.alloc(200_000));
    for (let written = 0; written < 100; written++) stream?.write(Buffer.alloc(600));
    const sizes = peer.answerFrames().map(({ payload }) => payload?.length);
    expect(sizes).toEqual([65_536, 65_536, 65_536, 63_392]);
  });

  it('release the lease of a chunk once all of it has gone', () => {
    for (const bytes of [100, 600, 200_000]) {
      const peer = new RawYamuxPeer('server');
      peer.send(syn(1));
      peer.answers();
      let released = 0;
      peer.streams[0]?.write(Buffer.alloc(bytes), { release: () => released++ });
      expect(released).toBe(bytes < 512 ? 1 : 0);
      peer.answers();
      expect(released).toBe(1);
    }
  });

  it('release the leases of what is dropped when a stream is cut', () => {
    const peer = new RawYamuxPeer('server', {}, { highWaterBytes: 1 });
    peer.send(syn(1));
    peer.answers();
    let released = 0;
    const [stream] = peer.streams;
    stream?.write(Buffer.alloc(60_000));
    stream?.write(Buffer.alloc(60_000), { release: () => released++ });
    stream?.destroy();
    expect(released).toBe(1);
    expect(peer.answers()).toEqual(['data #1 60000 bytes', 'windowUpdate rst #1 0']);
  });

  it('may write from within `onDrain`, and end, without losing their place or a byte', () => {
    const peer = new RawYamuxPeer('server', {}, { highWaterBytes: 1 });
    peer.send(syn(1));
    peer.answers();
    const [stream] = peer.streams;
    let rounds = 0;
    stream?.attach({
      onData: () => undefined,
      onEnd: () => undefined,
      onDrain: () => {
        if (rounds++ === 3) stream.end();
        else while (stream.write(Buffer.alloc(50_000)));
      },
      onClose: () => undefined,
    });
    while (stream?.write(Buffer.alloc(50_000)));
    const frames = peer.answers();
    expect(rounds).toBe(4);
    expect(frames.at(-1)).toBe('windowUpdate fin #1 0');
    expect(frames.slice(0, -1).every((frame) => frame.startsWith('data #1'))).toBe(true);
  });

  it('tell nothing more to a reader whose stream was destroyed from within `onData`', () => {
    const peer = new RawYamuxPeer('server');
    peer.send(syn(1));
    const [stream] = peer.streams;
    const events = new Array<string>();
    stream?.attach({
      onData: () => {
        events.push('data');
        stream.destroy();
      },
      onEnd: () => events.push('end'),
      onDrain: () => undefined,
      onClose: () => events.push('close'),
    });
    peer.send({ type: 'data', flags: ['fin'], id: 1, payload: Buffer.alloc(100_000) });
    expect(events).toEqual(['data', 'close']);
    if (stream !== undefined) expect(record(stream).events).toEqual(['close']);
  });
});

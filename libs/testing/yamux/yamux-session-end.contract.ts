import type { YamuxErrorCode, YamuxRole } from '@tollgate/yamux';
import { record } from '../recording-reader';
import { data, fin, openedStream, syn } from './opened-stream';
import type { TestedOptions } from './raw-yamux-peer';
import type { YamuxFrame } from './yamux-frames';

/** Part of the contract of a session: what ends it, or a stream of it, and who is told what. */
export function yamuxSessionEndContract(role: YamuxRole): void {
  const opened = (options?: TestedOptions) => openedStream(role, options);

  const violations: [string, YamuxErrorCode, (YamuxFrame | Buffer)[]][] = [
    ['another version', 'invalid_version', [Buffer.from('010000000000000100000000', 'hex')]],
    ['an unknown type', 'invalid_type', [Buffer.from('000400000000000100000000', 'hex')]],
    [
      'a payload longer than the window, at its header',
      'window_exceeded',
      [Buffer.from('000000000000000100040001', 'hex')],
    ],
    [
      'a payload longer than any window, for no stream',
      'window_exceeded',
      [Buffer.from('000000000000006300600001', 'hex')],
    ],
    ['a second FIN', 'unexpected_fin', [fin, fin]],
    ['a second FIN on data', 'unexpected_fin', [fin, { ...data('x'), flags: ['fin'] }]],
    ['more window than 32 bits', 'window_overflow', [{ type: 'windowUpdate', id: 1, value: 0xffffffff }]],
    ['a protocol error of ours', 'remote_go_away', [{ type: 'goAway', value: 1 }]],
    ['an internal error of its own', 'remote_go_away', [{ type: 'goAway', value: 2 }]],
    ['an unknown reason to go away', 'remote_go_away', [{ type: 'goAway', value: 3 }]],
    ['another SYN', role === 'client' ? 'unexpected_stream' : 'duplicate_stream', [syn]],
    ['a stream with an even id', role === 'client' ? 'unexpected_stream' : 'invalid_stream_id', [{ ...syn, id: 2 }]],
  ];
  it.each(violations)('ends the session, and says so, when the peer sends %s', (_, code, frames) => {
    const { peer, stream } = opened();
    const reader = record(stream);
    peer.send(...frames, data('ignored'), { type: 'ping', flags: ['syn'] });
    expect(reader.error).toMatchObject({ code: 'session_closed' });
    expect(reader.bytes.toString()).toBe('');
    expect(peer.answers()).toEqual(['goAway 1']);
    expect(peer.closes).toEqual([]);
    peer.end();
    peer.answers();
    expect(peer.closes).toHaveLength(1);
    expect(peer.closeCode).toBe(code);
  });

  it('tells all streams when the connection is cut', () => {
    const { peer, stream } = opened();
    const reader = record(stream);
    peer.cut();
    peer.answers();
    expect(reader.events).toEqual(['close']);
    expect(reader.error).toMatchObject({ code: 'session_closed' });
    expect(peer.closeCode).toBe('ECONNRESET');
  });

  it('closes without an error when the peer ends the connection, or we do', () => {
    for (const isOurs of [true, false]) {
      const { peer, stream } = opened();
      const reader = record(stream);
      if (isOurs) peer.session.close();
      peer.end();
      peer.answers();
      expect(reader.error).toMatchObject({ code: 'session_closed' });
      expect(peer.closes).toEqual([undefined]);
      stream.write(Buffer.from('x'));
      stream.end();
      stream.destroy();
      expect(peer.answers()).toEqual([]);
    }
  });

  it('destroys a transport that does not close within 5 s of the session’s end', () => {
    const { peer } = opened();
    peer.session.close();
    peer.tick(1_000);
    peer.tick(5_999);
    expect(peer.closes).toEqual([]);
    peer.tick(6_000);
    expect(peer.closes).toEqual([undefined]);
  });

  it('pings a quiet peer after 30 s, and gives it up when nothing comes for 10 s', () => {
    const { peer } = opened();
    peer.tick(1_000);
    peer.tick(30_999);
    expect(peer.answers()).toEqual([]);
    peer.tick(31_000);
    expect(peer.answers()).toEqual(['ping syn 0']);
    peer.send({ type: 'ping', flags: ['ack'], value: 0 });
    peer.tick(32_000);
    peer.tick(62_000);
    expect(peer.answers()).toEqual(['ping syn 1']);
    peer.tick(71_999);
    expect(peer.session.isClosed).toBe(false);
    peer.tick(72_000);
    expect(peer.session.isClosed).toBe(true);
    expect(peer.closeCode).toBe('keepalive_timeout');
  });

  it('resets a stream that the peer does not end within 5 min of its own end', () => {
    const { peer, stream } = opened({ keepAliveIntervalMs: 0 });
    const reader = record(stream);
    stream.end();
    peer.answers();
    peer.tick(1_000);
    peer.tick(300_999);
    expect(reader.events).toEqual([]);
    peer.tick(301_000);
    expect(reader.error).toMatchObject({ code: 'close_timeout' });
    expect(peer.answers()).toEqual(['windowUpdate rst #1 0']);
  });

  it('ends a session whose peer has more answered than it reads', () => {
    const { peer } = opened({ limits: { maxTransportQueueBytes: 200_000, maxFramesPerTurn: 1_000_000 } });
    peer.pause();
    const pings = Buffer.concat(Array<Buffer>(1_000).fill(Buffer.from('000200010000000000000001', 'hex')));
    for (let sent = 0; sent < 21; sent++) peer.send(pings);
    expect(peer.session.isClosed).toBe(false);
    for (let sent = 0; sent < 5; sent++) peer.send(pings);
    expect(peer.closeCode).toBe('peer_not_reading');
  });

  it('lets others have their turn after so many frames, and reads on then', async () => {
    const { peer } = opened({ limits: { maxFramesPerTurn: 10 } });
    const pings = Buffer.concat(Array<Buffer>(5).fill(Buffer.from('000200010000000000000001', 'hex')));
    for (let sent = 0; sent < 5; sent++) peer.send(pings);
    const atOnce = peer.answers().length;
    expect(atOnce).toBeGreaterThanOrEqual(5);
    expect(atOnce).toBeLessThanOrEqual(10);
    await new Promise(setImmediate);
    expect(peer.answers()).toHaveLength(10);
    await new Promise(setImmediate);
    expect(atOnce + 10 + peer.answers().length).toBe(25);
  });
}

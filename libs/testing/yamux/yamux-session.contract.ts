import { type YamuxRole, PROTOCOL_WINDOW_BYTES } from '@tollgate/yamux';
import { record } from '../recording-reader';
import { data, fin, openedStream, rst } from './opened-stream';
import type { TestedOptions } from './raw-yamux-peer';
import { yamuxSessionEndContract } from './yamux-session-end.contract';

/**
 * What either end of a yamux session does once it has a stream, frame by frame: the rules of hashicorp/yamux as frp relies on them.
 * To be called within a `describe`.
 */
export function yamuxSessionContract(role: YamuxRole): void {
  const opened = (options?: TestedOptions) => openedStream(role, options);

  it('carries bytes in both directions', () => {
    const { peer, stream } = opened();
    const reader = record(stream);
    peer.send(data('hello'));
    expect(reader.bytes.toString()).toBe('hello');
    stream.write(Buffer.from('world!'));
    expect(peer.answers()).toEqual(['data #1 "world!"']);
  });

  it('answers a ping with its number, even while the transport takes no data', () => {
    const { peer, stream } = opened();
    peer.pause();
    for (let sent = 0; sent < 20; sent++) stream.write(Buffer.alloc(65_536));
    peer.send({ type: 'ping', flags: ['syn'], value: 0xfffffff0 });
    peer.resume();
    const answers = peer.answers();
    const position = answers.indexOf('ping ack 4294967280');
    expect(position).toBeGreaterThan(0);
    expect(answers.slice(0, position).length).toBeLessThanOrEqual(3);
  });

  it('ends a stream by one FIN each, in either order', () => {
    for (const isFirst of [true, false]) {
      const { peer, stream } = opened();
      const reader = record(stream);
      if (isFirst) stream.end();
      peer.send(fin);
      expect(reader.events).toEqual(isFirst ? ['end', 'close'] : ['end']);
      stream.end();
      stream.end();
      expect(peer.answers()).toEqual(['windowUpdate fin #1 0']);
      expect(reader.events).toEqual(['end', 'close']);
      expect(reader.error).toBeUndefined();
      expect(peer.session.openStreams).toBe(0);
      stream.destroy();
      expect(peer.answers()).toEqual([]);
    }
  });

  it('goes on receiving after its own FIN, and sending after the peer’s', () => {
    const { peer, stream } = opened();
    const reader = record(stream);
    stream.end();
    peer.send(data('late'));
    expect(reader.bytes.toString()).toBe('late');
    const other = opened();
    record(other.stream);
    other.peer.send(fin);
    other.stream.write(Buffer.from('still'));
    expect(other.peer.answers()).toEqual(['data #1 "still"']);
  });

  it('sends FIN once all data has gone, in a frame of its own', () => {
    const { peer, stream } = opened();
    stream.write(Buffer.alloc(PROTOCOL_WINDOW_BYTES + 3, 'x'));
    stream.end();
    stream.write(Buffer.from('ignored'));
    expect(peer.answers()).toEqual(Array(4).fill('data #1 65536 bytes'));
    peer.send({ type: 'windowUpdate', id: 1, value: 2 });
    expect(peer.answers()).toEqual(['data #1 "xx"']);
    peer.send({ type: 'windowUpdate', id: 1, value: 9 });
    expect(peer.answers()).toEqual(['data #1 "x"', 'windowUpdate fin #1 0']);
  });

  it('resets a destroyed stream, and ignores what still comes for it', () => {
    const { peer, stream } = opened();
    const reader = record(stream);
    stream.destroy(new Error('mine'));
    expect(peer.answers()).toEqual(['windowUpdate rst #1 0']);
    expect(reader.error?.message).toBe('mine');
    peer.send(data('late'), { type: 'windowUpdate', id: 1, value: 5 }, fin, fin, rst);
    expect(reader.events).toEqual(['close']);
    expect(peer.session.isClosed).toBe(false);
  });

  it('drops what waits in a stream that the peer resets', () => {
    const { peer, stream } = opened();
    const reader = record(stream);
    stream.pause();
    peer.send(data('unread'), rst);
    expect(reader.events).toEqual(['close']);
    expect(reader.error).toMatchObject({ code: 'stream_reset' });
    expect(peer.answers()).toEqual([]);
  });

  it('accepts data that carries FIN, after its payload', () => {
    const { peer, stream } = opened();
    const reader = record(stream);
    peer.send({ ...data('bye'), flags: ['fin'] });
    expect(reader.events).toEqual(['data', 'end']);
    expect(reader.bytes.toString()).toBe('bye');
  });

  it('ignores data that comes after FIN, as frpc can send it', () => {
    const { peer, stream } = opened();
    const reader = record(stream);
    peer.send(fin, data('raced'));
    expect(reader.events).toEqual(['end']);
    expect(peer.session.isClosed).toBe(false);
  });

  it('keeps what comes before there is a reader, with the end', () => {
    const { peer, stream } = opened();
    peer.send(data('early'), fin);
    const reader = record(stream);
    expect(reader.bytes.toString()).toBe('early');
    expect(reader.events).toEqual(['data', 'end']);
  });

  it('hands out nothing while paused, not even the end', () => {
    const { peer, stream } = opened();
    const reader = record(stream);
    stream.pause();
    peer.send(data('one'), data('two'), fin);
    expect(reader.events).toEqual([]);
    stream.resume();
    expect(reader.bytes.toString()).toBe('onetwo');
    expect(reader.events).toEqual(['data', 'end']);
  });

  it('takes back what a reader was not meant to get, for the next one', () => {
    const { peer, stream } = opened();
    const second = new Array<string>();
    stream.attach({
      onData: (chunk) => {
        stream.unshift(chunk.subarray(5));
        const reader = record(stream);
        second.push(reader.bytes.toString());
      },
      onEnd: () => undefined,
      onDrain: () => undefined,
      onClose: () => undefined,
    });
    peer.send(data('firstsecond'));
    expect(second).toEqual(['second']);
    // What was handed out twice counts once.
    const half = PROTOCOL_WINDOW_BYTES / 2;
    peer.send(data(Buffer.alloc(half - 'firstsecond'.length)));
    expect(peer.answers()).toEqual([`windowUpdate #1 ${String(half)}`]);
  });

  it('allows the peer more only once half of the window was read', () => {
    const { peer, stream } = opened();
    record(stream);
    const half = PROTOCOL_WINDOW_BYTES / 2;
    peer.send(data(Buffer.alloc(half - 1)));
    expect(peer.answers()).toEqual([]);
    peer.send(data('x'));
    expect(peer.answers().filter((frame) => !frame.startsWith('ping'))).toEqual([`windowUpdate #1 ${String(half)}`]);
    stream.pause();
    peer.send(data(Buffer.alloc(PROTOCOL_WINDOW_BYTES)));
    expect(peer.answers()).toEqual([]);
    expect(stream.unreadBytes).toBe(PROTOCOL_WINDOW_BYTES);
    stream.resume();
    expect(peer.answers()).toEqual([`windowUpdate #1 ${String(PROTOCOL_WINDOW_BYTES)}`]);
  });

  it('allows the peer no more once it has sent FIN', () => {
    const { peer, stream } = opened();
    record(stream);
    stream.pause();
    peer.send(data(Buffer.alloc(PROTOCOL_WINDOW_BYTES)), fin);
    stream.resume();
    expect(peer.answers()).toEqual([]);
  });

  it('takes all of the window, and ends the session for one byte more', () => {
    const { peer, stream } = opened();
    peer.send(data(Buffer.alloc(PROTOCOL_WINDOW_BYTES)));
    expect(stream.receiveWindowBytes).toBe(0);
    expect(peer.session.isClosed).toBe(false);
    const reader = record(stream);
    stream.pause();
    peer.answers();
    peer.send(data(Buffer.alloc(PROTOCOL_WINDOW_BYTES)), data('x'));
    expect(reader.error).toMatchObject({ code: 'session_closed' });
    expect(peer.answers()).toEqual(['goAway 1']);
    peer.end();
    expect(peer.closeCode).toBe('window_exceeded');
  });

  it('asks its writer to wait from 512 KiB on, and calls it back at half of that', () => {
    const { peer, stream } = opened();
    const reader = record(stream);
    expect(stream.write(Buffer.alloc(PROTOCOL_WINDOW_BYTES))).toBe(true);
    peer.answers();
    expect(stream.write(Buffer.alloc(524_288))).toBe(true);
    expect(stream.write(Buffer.alloc(1))).toBe(false);
    expect(stream.queuedBytes).toBe(524_289);
    peer.send({ type: 'windowUpdate', id: 1, value: 262_144 });
    expect(reader.events).toEqual([]);
    peer.send({ type: 'windowUpdate', id: 1, value: 1 });
    expect(reader.events).toEqual(['drain']);
  });

  yamuxSessionEndContract(role);
}

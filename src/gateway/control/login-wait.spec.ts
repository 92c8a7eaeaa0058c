import { record, streamPair } from '@tollgate/testing';
import { LoginWait } from './login-wait';

const MAX_EARLY_BYTES = 16_384;

describe('LoginWait', () => {
  const setUp = () => {
    const [near, peer] = streamPair({ delivery: 'manual' });
    near.pause();
    near.unshift(Buffer.from('ear'));
    const heard = record(peer);
    return { near, peer, heard, wait: new LoginWait(near) };
  };

  it('hands on what came meanwhile, in order and paused, and the end behind it', () => {
    const { near, peer, wait } = setUp();
    peer.write(Buffer.from('ly '));
    peer.pump();
    peer.write(Buffer.from('bird'));
    peer.end();
    peer.pump();
    wait.end();
    const reader = record(near);
    expect(reader.events).toEqual([]);
    near.resume();
    expect(reader.bytes.toString()).toBe('early bird');
    expect(reader.events.at(-1)).toBe('end');
  });

  it.each([
    [MAX_EARLY_BYTES - 3, false],
    [MAX_EARLY_BYTES - 2, true],
  ])('keeps no more than it may: of %d bytes behind three the stream is cut: %s', (bytes, isCut) => {
    const { near, peer, heard } = setUp();
    peer.write(Buffer.alloc(bytes));
    peer.pump();
    peer.pump();
    expect([near.isClosed, heard.events.includes('close')]).toEqual([isCut, isCut]);
  });
});

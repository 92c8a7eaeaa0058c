import { TokenBucket } from '@tollgate/stream-kit';
import { type PairedStream, type RecordingReader, record, streamPair } from '@tollgate/testing';
import { TrafficCounter } from '../traffic/traffic-counter';
import { MeteredStream } from './metered-stream';

const RATE = 1_000;

describe('MeteredStream', () => {
  let nowMs: number;
  let tasks: { readonly atMs: number; readonly task: () => void }[];
  let left: number;
  let counter: TrafficCounter;
  let client: PairedStream;
  let atClient: RecordingReader;

  const open = (isLimited: boolean): MeteredStream => {
    const [inner, peer] = streamPair({ delivery: 'manual' });
    client = peer;
    atClient = record(peer);
    const schedule = (delayMs: number, task: () => void): number => tasks.push({ atMs: nowMs + delayMs, task });
    const bucket = isLimited ? new TokenBucket(RATE, { nowMs: () => nowMs, schedule }) : undefined;
    return new MeteredStream(inner, {
      counter,
      bucket,
      left: () => {
        left += 1;
      },
    });
  };
  const advance = (byMs: number): void => {
    nowMs += byMs;
    for (const { task } of tasks.splice(0, tasks.filter(({ atMs }) => atMs <= nowMs).length)) task();
    client.pump();
  };

  beforeEach(() => {
    nowMs = 0;
    tasks = [];
    left = 0;
    counter = new TrafficCounter('tt_1', 'web');
  });

  it('counts bytes of both directions, and the connection while it is open', () => {
    const stream = open(false);
    const user = record(stream);
    expect(counter.connections).toBe(1);
    stream.write(Buffer.alloc(10));
    client.write(Buffer.alloc(7));
    client.pump();
    expect([counter.inBytes, counter.outBytes, user.byteCount, atClient.byteCount]).toEqual([10, 7, 7, 10]);
    stream.destroy();
    client.pump();
    expect([counter.connections, left, user.events.at(-1)]).toEqual([0, 1, 'close']);
    stream.write(Buffer.alloc(10));
    expect([counter.inBytes, counter.connections]).toEqual([10, 0]);
  });

  it('hands nothing out once it is cut, not even what came before', () => {
    const stream = open(false);
    const user = record(stream);
    stream.pause();
    stream.unshift(Buffer.from('held'));
    stream.destroy();
    expect(stream.isClosed).toBe(true);
    stream.resume();
    client.pump();
    expect(user.events).toEqual(['close']);
  });

  it.each([
    [RATE - 1, true],
    [RATE, false],
  ])('writes %d of 1000 bytes a second, and asks the writer to wait: %s is ready', (bytes, isReady) => {
    const stream = open(true);
    record(stream);
    expect(stream.write(Buffer.alloc(bytes))).toBe(isReady);
    client.pump();
    expect(atClient.byteCount).toBe(bytes);
  });

  it('tells the writer to go on when the debt is paid, and not before', () => {
    const stream = open(true);
    const user = record(stream);
    stream.write(Buffer.alloc(2 * RATE));
    client.pump();
    advance(999);
    expect(user.events).toEqual([]);
    advance(11);
    expect(user.events).toEqual(['drain']);
  });

  it('reads no further from the service until the debt is paid', () => {
    const stream = open(true);
    const user = record(stream);
    client.write(Buffer.alloc(2 * RATE));
    client.pump();
    client.write(Buffer.alloc(1));
    client.pump();
    expect(user.byteCount).toBe(2 * RATE);
    advance(999);
    expect(user.byteCount).toBe(2 * RATE);
    advance(11);
    expect(user.byteCount).toBe(2 * RATE + 1);
  });

  it('stays paused for a reader that is, though there are tokens again', () => {
    const stream = open(true);
    const user = record(stream);
    client.write(Buffer.alloc(2 * RATE));
    client.pump();
    stream.pause();
    client.write(Buffer.alloc(1));
    advance(2_000);
    expect(user.byteCount).toBe(2 * RATE);
    stream.resume();
    client.pump();
    expect(user.byteCount).toBe(2 * RATE + 1);
  });

  it('leaves the bucket when it closes, so that nobody is told anything after', () => {
    const stream = open(true);
    const user = record(stream);
    stream.write(Buffer.alloc(2 * RATE));
    client.destroy();
    client.pump();
    expect(user.events).toEqual(['close']);
    advance(5_000);
    expect(user.events).toEqual(['close']);
  });
});

import type { ByteStream } from '@tollgate/stream-kit';
import { streamPair } from '@tollgate/testing';
import { type NoWorkConnection, WorkPool, type WorkWaiter } from './work-pool';

class Waiter implements WorkWaiter {
  served: ByteStream | undefined;
  failed: NoWorkConnection | undefined;

  serve(stream: ByteStream): void {
    this.served = stream;
  }

  fail(reason: NoWorkConnection): void {
    this.failed = reason;
  }
}

describe('WorkPool', () => {
  let requests: number;
  let pool: WorkPool;
  beforeEach(() => {
    requests = 0;
    pool = new WorkPool({
      capacity: 2,
      maxWaiters: 2,
      waitMs: 10_000,
      request: () => {
        requests += 1;
      },
    });
  });

  const newConnection = (): readonly [ByteStream, ByteStream] => streamPair();
  const take = (nowMs = 0): Waiter => {
    const waiter = new Waiter();
    pool.take(waiter, nowMs);
    return waiter;
  };

  it('serves a user with the oldest connection, and asks for one to replace it', () => {
    const [first] = newConnection();
    const [second] = newConnection();
    pool.offer(first);
    pool.offer(second);
    expect(take().served).toBe(first);
    expect(requests).toBe(1);
    expect(take().served).toBe(second);
    expect(requests).toBe(2);
  });

  it('keeps as many connections as it has room for, and refuses the next', () => {
    expect(pool.offer(newConnection()[0])).toBe(true);
    expect(pool.offer(newConnection()[0])).toBe(true);
    expect(pool.offer(newConnection()[0])).toBe(false);
    expect(pool.parkedCount).toBe(2);
  });

  it('has a user wait where there is none, asks for one, and for another when it has come', () => {
    const waiter = take();
    expect(waiter.served).toBeUndefined();
    expect(requests).toBe(1);
    const [stream] = newConnection();
    expect(pool.offer(stream)).toBe(true);
    expect(waiter.served).toBe(stream);
    expect(requests).toBe(2);
    expect(pool.parkedCount).toBe(0);
  });

  it('serves users in the order in which they came', () => {
    const first = take();
    const second = take();
    const [stream] = newConnection();
    pool.offer(stream);
    expect(first.served).toBe(stream);
    expect(second.served).toBeUndefined();
  });

  it.each([
    [9_999, undefined],
    [10_000, 'timeout'],
  ])('after %d ms tells a user who waits: %s', (nowMs, expected) => {
    const waiter = take(0);
    pool.tick(nowMs);
    expect(waiter.failed).toBe(expected);
  });

  it('lets no more wait than may', () => {
    take();
    take();
    expect(take().failed).toBe('too-many');
    expect(pool.waitingCount).toBe(2);
  });

  it('does not serve a user who has gone', () => {
    const waiter = new Waiter();
    const withdraw = pool.take(waiter, 0);
    withdraw();
    pool.offer(newConnection()[0]);
    expect(waiter.served).toBeUndefined();
    expect(pool.parkedCount).toBe(1);
  });

  it.each([
    [
      'ends',
      (peer: ByteStream) => {
        peer.end();
      },
    ],
    [
      'is cut',
      (peer: ByteStream) => {
        peer.destroy();
      },
    ],
    [
      'says something before its time',
      (peer: ByteStream) => {
        peer.write(Buffer.from('x'));
      },
    ],
  ])('drops a connection at once that %s', async (_what, act) => {
    const [stream, peer] = newConnection();
    pool.offer(stream);
    act(peer);
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(pool.parkedCount).toBe(0);
    expect(take().served).toBeUndefined();
  });

  it('closes what it has, and turns away who waits, when the client is gone', () => {
    const waiter = take();
    pool.close();
    expect(waiter.failed).toBe('closed');
    expect(take().failed).toBe('closed');
    expect(pool.offer(newConnection()[0])).toBe(false);
  });
});

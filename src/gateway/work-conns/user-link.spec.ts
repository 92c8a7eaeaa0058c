import { type ByteStream, EndingRelays } from '@tollgate/stream-kit';
import { type PairedStream, record, streamPair } from '@tollgate/testing';
import { TrafficCounter } from '../traffic/traffic-counter';
import { type UserAddresses, UserLink, type UserLinkHost } from './user-link';
import type { WorkWaiter } from './work-pool';

const ADDRESSES: UserAddresses = { srcAddr: '192.0.2.1', srcPort: 40_000, dstAddr: '192.0.2.2', dstPort: 6_000 };

class Host implements UserLinkHost {
  readonly counter = new TrafficCounter('tt_1', 'ssh');
  readonly endings = new EndingRelays();
  readonly bucket = undefined;
  readonly started: UserAddresses[] = [];
  waiter: WorkWaiter | undefined;
  withdrawn = 0;
  leftCount = 0;
  /** Served from within the wish when it is there. */
  ready: ByteStream | undefined;

  takeWorkConnection(waiter: WorkWaiter): () => void {
    if (this.ready === undefined) this.waiter = waiter;
    else waiter.serve(this.ready);
    return () => {
      this.withdrawn += 1;
    };
  }

  startWorkConnection(stream: ByteStream, addresses: UserAddresses): ByteStream {
    this.started.push(addresses);
    return stream;
  }

  left(): void {
    this.leftCount += 1;
  }
}

describe('UserLink', () => {
  let host: Host;
  let near: PairedStream;
  let user: PairedStream;
  beforeEach(() => {
    host = new Host();
    [near, user] = streamPair({ delivery: 'manual' });
  });

  const serve = (): PairedStream => {
    const [work, client] = streamPair({ delivery: 'manual' });
    host.waiter?.serve(work);
    return client;
  };

  it('takes nothing of a user who waits, and all of it once there is a work connection', () => {
    new UserLink(near, ADDRESSES, host);
    user.write(Buffer.from('hello'));
    user.pump();
    const client = serve();
    const atClient = record(client);
    client.write(Buffer.from('good day'));
    const atUser = record(user);
    for (const each of [user, client, user, client]) each.pump();
    expect([atClient.bytes.toString(), atUser.bytes.toString()]).toEqual(['hello', 'good day']);
    expect(host.started).toEqual([ADDRESSES]);
    expect([host.counter.inBytes, host.counter.outBytes]).toEqual([5, 8]);
  });

  it('counts the connection from its beginning to its end, once', () => {
    const link = new UserLink(near, ADDRESSES, host);
    expect([host.counter.connections, host.leftCount, link.isOver]).toEqual([1, 0, false]);
    link.stop();
    link.stop();
    user.pump();
    expect([host.counter.connections, host.leftCount, link.isOver]).toEqual([0, 1, true]);
  });

  it('takes the wish back for a user who is cut while waiting, and refuses the connection that comes nevertheless', () => {
    new UserLink(near, ADDRESSES, host);
    record(user);
    user.destroy();
    user.pump();
    expect([host.withdrawn, host.leftCount]).toEqual([1, 1]);
    const client = serve();
    const atClient = record(client);
    client.pump();
    expect([host.started.length, atClient.events]).toEqual([0, ['close']]);
  });

  it('does not ask for a work connection for a user who is gone already', () => {
    near.destroy();
    near.pump();
    const link = new UserLink(near, ADDRESSES, host);
    expect([link.isOver, host.waiter, host.leftCount, host.counter.connections]).toEqual([true, undefined, 1, 0]);
  });

  it('cuts a user for whom there is none', () => {
    const atUser = record(user);
    const link = new UserLink(near, ADDRESSES, host);
    host.waiter?.fail('timeout');
    user.pump();
    expect([atUser.events, link.isOver, host.withdrawn]).toEqual([['close'], true, 0]);
  });

  it('cuts both ends of a user who is served, and gives no wish back that is fulfilled', () => {
    const [work, client] = streamPair({ delivery: 'manual' });
    host.ready = work;
    const link = new UserLink(near, ADDRESSES, host);
    const atUser = record(user);
    const atClient = record(client);
    link.stop();
    for (const each of [user, client]) each.pump();
    expect([atUser.events, atClient.events, host.withdrawn, host.leftCount]).toEqual([['close'], ['close'], 0, 1]);
  });
});

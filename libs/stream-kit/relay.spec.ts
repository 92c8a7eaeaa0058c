import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type StreamPairOptions, record, socketPair, streamPair } from '@tollgate/testing';
import fc from 'fast-check';
import { EndingRelays } from './ending-relays';
import { STREAM_LIMITS } from './limits';
import { Relay, type RelayDirection, type RelayEnd, type RelayOptions, type RelayOwner } from './relay';
import { SocketStream } from './socket-stream';
import { TokenBucket } from './token-bucket';
import { TurnFlusher } from './turn-flusher';

const { relayGraceMs, relayLingerMs } = STREAM_LIMITS;

class TestOwner implements RelayOwner {
  readonly counted = { in: 0, out: 0 };
  readonly closes: { readonly reason: RelayEnd; readonly error: Error | undefined }[] = [];
  private resolve: (() => void) | undefined;
  readonly closed = new Promise<void>((resolve) => {
    this.resolve = resolve;
  });

  count(direction: RelayDirection, bytes: number): void {
    this.counted[direction] += bytes;
  }

  onClose(reason: RelayEnd, error?: Error): void {
    this.closes.push({ reason, error });
    this.resolve?.();
  }
}

/** A relay between two pairs in memory; `user` and `client` are the far ends. */
function relayed(pairs: StreamPairOptions = {}, options: Partial<RelayOptions> = {}) {
  const [user, nearUser] = streamPair(pairs);
  const [client, nearClient] = streamPair(pairs);
  const owner = new TestOwner();
  const endings = new EndingRelays();
  const relay = new Relay(nearUser, nearClient, owner, { endings, ...options });
  return { user, client, nearUser, nearClient, owner, endings, relay };
}

function settle(...streams: { pump(): void }[]): void {
  for (let round = 0; round < 10; round++) for (const each of streams) each.pump();
}

describe('a relay', () => {
  it('passes bytes on in both directions, in any pieces, and counts them while it does', async () => {
    const data = fc.array(fc.uint8Array({ minLength: 1, maxLength: 3000 }), { maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(data, data, fc.nat(), async (up, down, splitSeed) => {
        const { user, client, owner } = relayed({ splitSeed, highWaterBytes: 2000, windowBytes: 1500 });
        const [userReader, clientReader] = [record(user), record(client)];
        for (const chunk of up) user.write(Buffer.from(chunk));
        for (const chunk of down) client.write(Buffer.from(chunk));
        const [upBytes, downBytes] = [Buffer.concat(up), Buffer.concat(down)];
        while (clientReader.byteCount < upBytes.length || userReader.byteCount < downBytes.length)
          await Promise.resolve();
        expect(clientReader.bytes).toEqual(upBytes);
        expect(userReader.bytes).toEqual(downBytes);
        expect(owner.counted).toEqual({ in: upBytes.length, out: downBytes.length });
        expect(owner.closes).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  it.each(['user', 'client'] as const)(
    'delivers what the %s sent before its end, and then closes both',
    async (side) => {
      const { owner, ...ends } = relayed({ splitSeed: 5 });
      const [far, other] = side === 'user' ? [ends.user, ends.client] : [ends.client, ends.user];
      const [farReader, otherReader] = [record(far), record(other)];
      const bytes = randomBytes(300_000);
      far.write(Buffer.from(bytes));
      far.end();
      await otherReader.told('end');
      expect(otherReader.bytes.equals(bytes)).toBe(true);
      await farReader.told('end');
      other.end();
      await owner.closed;
      expect(owner.closes).toEqual([{ reason: `${side}-end`, error: undefined }]);
      expect(owner.counted[side === 'user' ? 'in' : 'out']).toBe(bytes.length);
    },
  );

  it('ends with the reason when one side is cut, and ends the other', async () => {
    const { user, client, owner } = relayed();
    const clientReader = record(client);
    user.destroy();
    await clientReader.told('end');
    client.end();
    await owner.closed;
    expect(owner.closes).toMatchObject([{ reason: 'user-cut', error: { code: 'ECONNRESET' } }]);
  });

  it('reads and drops, uncounted, what the other side still sends after the end', async () => {
    const { user, client, owner } = relayed();
    const clientReader = record(client);
    user.end();
    await clientReader.told('end');
    for (let index = 0; index < 50; index++) client.write(Buffer.alloc(10_000));
    client.end();
    await owner.closed;
    expect(owner.counted.out).toBe(0);
  });

  it('cuts a side that has taken everything and does not close, after the grace', async () => {
    const { user, client, owner, endings } = relayed();
    const clientReader = record(client);
    record(user);
    user.end();
    await clientReader.told('end');
    endings.tick(1000);
    endings.tick(1000 + relayGraceMs - 1);
    expect(clientReader.events).toEqual(['end']);
    endings.tick(1000 + relayGraceMs);
    await owner.closed;
    expect(owner.closes).toHaveLength(1);
  });

  it('cuts a side that does not take what is left for it, when it has lingered', async () => {
    const { user, client, owner, endings } = relayed({ windowBytes: 1000 });
    record(user);
    const clientReader = record(client);
    client.pause();
    user.write(Buffer.alloc(60_000));
    user.end();
    for (let index = 0; index < 100; index++) await Promise.resolve();
    for (let nowMs = 0; nowMs < relayLingerMs; nowMs += 1000) endings.tick(nowMs);
    for (let index = 0; index < 100; index++) await Promise.resolve();
    expect(clientReader.events).toEqual([]);
    endings.tick(relayLingerMs);
    await owner.closed;
    expect(clientReader.events).toEqual(['close']);
  });

  it('cuts both at once when it is stopped, and tells so once', async () => {
    const { user, client, owner, relay } = relayed();
    const [userReader, clientReader] = [record(user), record(client)];
    relay.stop();
    await owner.closed;
    await Promise.all([userReader.told('close'), clientReader.told('close')]);
    relay.stop();
    expect(owner.closes).toEqual([{ reason: 'stopped', error: undefined }]);
  });

  it('takes no more from a side than the other side takes', () => {
    const { user, client, nearUser, nearClient } = relayed({
      highWaterBytes: 8000,
      windowBytes: 8000,
      delivery: 'manual',
    });
    client.pause();
    record(client);
    let written = 0;
    for (let round = 0; round < 200; round++) {
      if (user.queuedBytes < 8000) {
        user.write(Buffer.alloc(1000));
        written += 1000;
      }
      settle(user, nearClient);
    }
    expect(written).toBeLessThanOrEqual(5 * 8000);
    client.resume();
    settle(nearClient, nearUser, nearClient);
    expect(nearClient.queuedBytes).toBe(0);
  });

  it('begins with what a stream holds and was paused with', async () => {
    const [user, nearUser] = streamPair();
    const [client, nearClient] = streamPair();
    const reader = record(client);
    nearUser.pause();
    nearUser.unshift(Buffer.from('first '));
    user.write(Buffer.from('second'));
    new Relay(nearUser, nearClient, new TestOwner(), { endings: new EndingRelays() });
    while (reader.byteCount < 12) await Promise.resolve();
    expect(reader.bytes.toString()).toBe('first second');
  });

  it('lets no more than the rate pass, in both directions together, and loses nothing', () => {
    let nowMs = 0;
    const tasks: { readonly at: number; readonly task: () => void }[] = [];
    const bucket = new TokenBucket(10_000, {
      nowMs: () => nowMs,
      schedule: (delayMs, task) => tasks.push({ at: nowMs + delayMs, task }),
    });
    const big: StreamPairOptions = { delivery: 'manual', highWaterBytes: 1e9, windowBytes: 1e9 };
    const { user, client, nearUser, nearClient, owner } = relayed(big, { bucket });
    const [userReader, clientReader] = [record(user), record(client)];
    const [up, down] = [randomBytes(65_536), randomBytes(65_536)];
    user.write(Buffer.from(up));
    for (let offset = 0; offset < down.length; offset += 1000)
      client.write(Buffer.from(down.subarray(offset, offset + 1000)));
    const total = (): number => owner.counted.in + owner.counted.out;
    for (; total() < 131_072 && nowMs < 60_000; nowMs += 10) {
      settle(user, client, nearUser, nearClient);
      expect(total()).toBeLessThanOrEqual(10_000 * (nowMs / 1000) + 2 * 10_000 + 1000);
      for (const each of tasks.filter(({ at }) => at <= nowMs)) {
        tasks.splice(tasks.indexOf(each), 1);
        each.task();
      }
    }
    settle(user, client, nearUser, nearClient);
    expect(nowMs).toBeGreaterThan(10_000);
    expect(nowMs).toBeLessThan(14_000);
    expect(clientReader.bytes.equals(up)).toBe(true);
    expect(userReader.bytes.equals(down)).toBe(true);
  });
});

describe.each(['net', 'tls'] as const)('a relay between sockets (%s)', (kind) => {
  it('moves 100 MB both ways at once, delivers all of it before it closes, and keeps little memory', async () => {
    const [userPair, clientPair] = [await socketPair(kind), await socketPair(kind)];
    const flusher = new TurnFlusher();
    const owner = new TestOwner();
    const [nearUser, nearClient] = [userPair, clientPair].map(
      ({ accepted }) => new SocketStream(accepted, { flusher }),
    );
    if (nearUser === undefined || nearClient === undefined) throw new Error('there are two');
    new Relay(nearUser, nearClient, owner, { endings: new EndingRelays() });
    const [user, client] = [userPair, clientPair].map(({ connected }) => new SocketStream(connected, { flusher }));
    if (user === undefined || client === undefined) throw new Error('there are two');
    const total = 100 * 1024 * 1024;
    const readers = [record(user, false), record(client, false)] as const;
    const sums = [user, client].map((stream, index) => {
      const hash = createHash('sha256');
      const source = randomBytes(1 << 20);
      let written = 0;
      const pump = (): void => {
        for (let isReady = true; isReady && written < total;) {
          const offset = written % 900_001;
          const chunk = source.subarray(offset, Math.min(offset + 1 + (written % 131_072), offset + total - written));
          hash.update(chunk);
          written += chunk.length;
          isReady = stream.write(chunk);
        }
      };
      const reader = readers[index];
      if (reader !== undefined) reader.onDrain = pump;
      pump();
      return hash;
    });
    let mostQueued = 0;
    while (readers.some(({ byteCount }) => byteCount < total)) {
      await new Promise((resolve) => setImmediate(resolve));
      mostQueued = Math.max(mostQueued, nearUser.queuedBytes, nearClient.queuedBytes);
    }
    user.end();
    await readers[1].told('end');
    client.end();
    await owner.closed;
    expect(readers[0].sha256()).toBe(sums[1]?.digest('hex'));
    expect(readers[1].sha256()).toBe(sums[0]?.digest('hex'));
    expect(owner.counted).toEqual({ in: total, out: total });
    expect(owner.closes).toEqual([{ reason: 'user-end', error: undefined }]);
    // The bound, and what one read brought when it was nearly reached.
    expect(mostQueued).toBeLessThanOrEqual(STREAM_LIMITS.maxQueuedBytes + STREAM_LIMITS.readSlabBytes);
  });

  it('delivers an answer in full to a slow user although the client has closed right after it', async () => {
    const [userPair, clientPair] = [await socketPair(kind), await socketPair(kind)];
    const flusher = new TurnFlusher();
    const owner = new TestOwner();
    const [nearUser, nearClient] = [userPair, clientPair].map(
      ({ accepted }) => new SocketStream(accepted, { flusher }),
    );
    if (nearUser === undefined || nearClient === undefined) throw new Error('there are two');
    new Relay(nearUser, nearClient, owner, { endings: new EndingRelays() });
    userPair.connected.write('a request that the client never reads');
    clientPair.connected.pause();
    const answer = randomBytes(20 * 1024 * 1024);
    clientPair.connected.end(answer);
    const parts: Buffer[] = [];
    userPair.connected.on('data', (chunk: Buffer) => {
      parts.push(chunk);
      userPair.connected.pause();
      setImmediate(() => userPair.connected.resume());
    });
    await once(userPair.connected, 'end');
    expect(Buffer.concat(parts).equals(answer)).toBe(true);
    userPair.connected.end();
    clientPair.connected.resume();
    await owner.closed;
    expect(owner.closes).toMatchObject([{ reason: 'client-end' }]);
  });
});

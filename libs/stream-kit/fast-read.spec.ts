import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { socketPair } from '@tollgate/testing';
import type { Lease } from './byte-stream';
import { FastReads } from './fast-read';
import { ReadSlabPool } from './read-slab';
import { STREAM_LIMITS } from './limits';

interface Lent {
  readonly chunk: Buffer;
  readonly lease: Lease | undefined;
}

async function reading(): Promise<{ peer: Socket; socket: Socket; lent: Lent[]; reads: FastReads }> {
  const { accepted, connected } = await socketPair('net');
  const lent: Lent[] = [];
  accepted.pause();
  const reads = FastReads.install(accepted, { onFastRead: (chunk, lease) => lent.push({ chunk, lease }) });
  if (reads === undefined) throw new Error('fast reads could not be installed');
  accepted.on('close', () => {
    reads.close();
  });
  accepted.resume();
  return { peer: connected, socket: accepted, lent, reads };
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve));
}

function bytesOf(lent: readonly Lent[]): Buffer {
  return Buffer.concat(lent.map(({ chunk }) => chunk));
}

describe('fast reads', () => {
  it('never write over a chunk whose lease is out, also when all sockets are busy at once', async () => {
    const readers = await Promise.all(Array.from({ length: 8 }, reading));
    const sent = randomBytes(8 * 1024 * 1024);
    for (const { peer } of readers) peer.write(sent);
    await until(() => readers.every(({ lent }) => bytesOf(lent).length === sent.length));
    for (const { lent, peer, socket } of readers) {
      expect(lent.some(({ lease }) => lease !== undefined)).toBe(true);
      expect(bytesOf(lent).equals(sent)).toBe(true);
      peer.destroy();
      socket.destroy();
    }
  });

  it('read into the same memory again once it was released', async () => {
    const { peer, socket, lent } = await reading();
    const memory = new Set<ArrayBufferLike>();
    let seen = 0;
    for (let round = 0; round < 60; round++) {
      peer.write(Buffer.alloc(40_000, round));
      await until(() => bytesOf(lent).length === 40_000);
      for (const { chunk, lease } of lent.splice(0)) {
        expect(chunk.every((byte) => byte === round)).toBe(true);
        if (lease !== undefined) memory.add(chunk.buffer);
        seen += chunk.length;
        lease?.release();
      }
    }
    expect(seen).toBe(60 * 40_000);
    expect(memory.size).toBeGreaterThan(0);
    expect(memory.size).toBeLessThanOrEqual(2);
    peer.destroy();
    socket.destroy();
  });

  it('give a socket that has nothing but short messages no memory of its own', async () => {
    const { peer, socket, lent } = await reading();
    peer.write(randomBytes(200_000));
    await until(() => bytesOf(lent).length === 200_000);
    const busy = lent.splice(0);
    expect(busy.some(({ lease }) => lease !== undefined)).toBe(true);
    for (let round = 0; round < 10; round++) {
      peer.write('short');
      await until(() => lent.length === round + 1);
    }
    for (const { chunk, lease } of lent) {
      expect(chunk.toString()).toBe('short');
      expect(lease).toBeUndefined();
    }
    // Long enough to be lent, had the socket still memory to lend.
    peer.write(randomBytes(6000));
    await until(() => bytesOf(lent).length === 6000 + 10 * 'short'.length);
    expect(lent.every(({ lease }) => lease === undefined)).toBe(true);
    expect(bytesOf(busy)).toHaveLength(200_000);
    peer.destroy();
    socket.destroy();
  });

  it('are refused, and change nothing, where something waits in Node or the socket is not connected', async () => {
    const { accepted, connected } = await socketPair('net');
    const target = { onFastRead: () => undefined };
    accepted.pause();
    accepted.unshift(Buffer.from('waits'));
    expect(FastReads.install(accepted, target)).toBeUndefined();
    accepted.destroy();
    expect(FastReads.install(accepted, target)).toBeUndefined();
    Reflect.deleteProperty(
      connected,
      Object.getOwnPropertySymbols(connected).find((key) => key.description === 'kBuffer') ?? '',
    );
    expect(FastReads.install(connected, target)).toBeUndefined();
    connected.destroy();
  });
});

describe('the slabs to read into', () => {
  it('are given to so many sockets as the limit says, and to the next when one has left', () => {
    const pool = new ReadSlabPool();
    const slabs = Array.from({ length: STREAM_LIMITS.maxReadSlabs }, () => pool.join());
    expect(slabs).not.toContain(undefined);
    expect(pool.join()).toBeUndefined();
    const [first] = slabs;
    if (first === undefined) throw new Error('there is one');
    pool.leave(first);
    expect(pool.join()).toBe(first);
  });

  it('are used again only when the last chunk in them was released', () => {
    const pool = new ReadSlabPool();
    const slab = pool.join();
    if (slab === undefined) throw new Error('there is one');
    slab.retain();
    const next = pool.replace(slab);
    expect(next).not.toBe(slab);
    expect(pool.join()).not.toBe(slab);
    slab.release();
    expect(pool.join()).toBe(slab);
  });

  it('find out who releases too often', () => {
    const slab = new ReadSlabPool().join();
    slab?.release();
    expect(() => {
      slab?.release();
    }).toThrow(/more often/);
  });
});

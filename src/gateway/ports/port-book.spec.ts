import type { PortRanges } from '@tollgate/tunnel-tokens';
import { PortBook } from './port-book';

const HOUR_MS = 3_600_000;
const SMALL: PortRanges = [
  { start: 7001, end: 7002 },
  { start: 7010, end: 7010 },
];

describe('PortBook', () => {
  let nowMs: number;
  let busy: Set<number>;
  let book: PortBook;
  const listen = (port: number): Promise<string> =>
    busy.has(port) ? Promise.reject(new Error('EADDRINUSE')) : Promise.resolve(`:${String(port)}`);

  beforeEach(() => {
    nowMs = 0;
    busy = new Set();
    book = new PortBook(
      () => nowMs,
      () => 0,
    );
  });

  it('gives a port to the first who asks, and to the next when it is released', async () => {
    await expect(book.take('a', 7001, SMALL, listen)).resolves.toEqual({ port: 7001, listener: ':7001' });
    await expect(book.take('b', 7001, SMALL, listen)).rejects.toMatchObject({ reason: 'port already used' });
    book.release('a', 7001);
    await expect(book.take('b', 7001, SMALL, listen)).resolves.toMatchObject({ port: 7001 });
  });

  it('gives a port to one of two who ask at once', async () => {
    const both = await Promise.allSettled([book.take('a', 7001, SMALL, listen), book.take('b', 7001, SMALL, listen)]);
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });

  it.each([7000, 7003, 7009, 7011, 0.5, -1])('refuses port %d, which is in no range', async (port) => {
    await expect(book.take('a', port, SMALL, listen)).rejects.toMatchObject({ reason: 'port not allowed' });
  });

  it('says that a port is unavailable when the system does not give it, and keeps nothing of it', async () => {
    busy.add(7001);
    await expect(book.take('a', 7001, SMALL, listen)).rejects.toMatchObject({ reason: 'port unavailable' });
    expect(book.usedCount).toBe(0);
    busy.clear();
    await expect(book.take('a', 7001, SMALL, listen)).resolves.toMatchObject({ port: 7001 });
  });

  it('gives any free port of the ranges where 0 is asked for, until there is none', async () => {
    const ports: number[] = [];
    for (const owner of ['a', 'b', 'c']) ports.push((await book.take(owner, 0, SMALL, listen)).port);
    expect(ports.sort()).toEqual([7001, 7002, 7010]);
    await expect(book.take('d', 0, SMALL, listen)).rejects.toMatchObject({ reason: 'no available port' });
  });

  it('gives a proxy the port again that it had at random', async () => {
    await book.take('a', 0, SMALL, listen);
    const { port } = await book.take('b', 0, SMALL, listen);
    expect(port).toBe(7002);
    book.release('a', 7001);
    book.release('b', 7002);
    await expect(book.take('b', 0, SMALL, listen)).resolves.toMatchObject({ port: 7002 });
  });

  it.each([
    [24 * HOUR_MS, 7002],
    [24 * HOUR_MS + 1, 7001],
  ])('remembers that port for 24 h: after %d ms it gives %d', async (laterMs, expected) => {
    await book.take('a', 0, SMALL, listen);
    await book.take('b', 0, SMALL, listen);
    book.release('a', 7001);
    book.release('b', 7002);
    nowMs += laterMs;
    book.sweep();
    await expect(book.take('b', 0, SMALL, listen)).resolves.toMatchObject({ port: expected });
  });

  it('gives another port where somebody else has taken the remembered one', async () => {
    await book.take('a', 0, SMALL, listen);
    book.release('a', 7001);
    await book.take('b', 7001, SMALL, listen);
    await expect(book.take('a', 0, SMALL, listen)).resolves.toMatchObject({ port: 7002 });
  });
});

import { record } from './recording-reader';
import { streamPair } from './stream-pair';

describe('a pair of streams in memory', () => {
  it('delivers nothing from within write, and everything later', async () => {
    for (const delivery of ['microtask', 'turn'] as const) {
      const [one, other] = streamPair({ delivery });
      const reader = record(other);
      one.write(Buffer.from('hello'));
      expect(reader.events).toEqual([]);
      await reader.told('data');
      expect(reader.bytes.toString()).toBe('hello');
    }
  });

  it('delivers by hand only when told to', async () => {
    const [one, other] = streamPair({ delivery: 'manual' });
    const reader = record(other);
    one.write(Buffer.from('hello'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(reader.events).toEqual([]);
    one.pump();
    expect(reader.events).toEqual(['data']);
  });

  it('cuts into the same pieces for the same seed', () => {
    const lengths = [1, 1, 2].map((splitSeed) => {
      const [one, other] = streamPair({ splitSeed, delivery: 'manual' });
      const reader = record(other);
      one.write(Buffer.alloc(10_000));
      one.pump();
      return reader.chunks.map(({ length }) => length);
    });
    expect(lengths[0]?.length).toBeGreaterThan(5);
    expect(lengths[0]).toEqual(lengths[1]);
    expect(lengths[0]).not.toEqual(lengths[2]);
  });

  it('moves no more than the window to a reader that is paused, and tells the writer to wait and to go on', () => {
    const [one, other] = streamPair({ highWaterBytes: 1000, windowBytes: 300, delivery: 'manual' });
    const [writer, reader] = [record(one), record(other)];
    other.pause();
    expect(one.write(Buffer.alloc(999))).toBe(true);
    expect(one.write(Buffer.alloc(1))).toBe(false);
    one.pump();
    expect(one.queuedBytes).toBe(700);
    expect(writer.events).toEqual([]);
    other.resume();
    one.pump();
    expect(writer.events).toEqual(['drain']);
    expect(reader.byteCount).toBe(1000);
  });

  it('releases a lease when the bytes have gone, and when they are dropped', () => {
    const [one] = streamPair({ delivery: 'manual' });
    const release = jest.fn();
    one.write(Buffer.from('x'), { release });
    expect(release).not.toHaveBeenCalled();
    one.pump();
    expect(release).toHaveBeenCalledTimes(1);
    one.write(Buffer.from('x'), { release });
    one.destroy();
    expect(release).toHaveBeenCalledTimes(2);
  });

  it('tells the peer of a destroyed end by an error, as a socket does', async () => {
    const [one, other] = streamPair();
    const [near, far] = [record(one), record(other)];
    one.destroy();
    await Promise.all([near.told('close'), far.told('close')]);
    expect(near.error).toBeUndefined();
    expect(far.error).toMatchObject({ code: 'ECONNRESET' });
  });
});

import * as fc from 'fast-check';
import { ChunkQueue } from './chunk-queue';

function own(bytes: number): Buffer {
  return Buffer.alloc(bytes);
}

/** A view of memory that is much larger. */
function small(bytes: number): Buffer {
  return own(4_096).subarray(100, 100 + bytes);
}

describe('ChunkQueue', () => {
  it('gives back what was put in, in order, whatever is taken when', () => {
    const step = fc.oneof(
      fc.record({ put: fc.uint8Array({ minLength: 1, maxLength: 700 }), isSmall: fc.boolean() }),
      fc.record({ take: fc.integer({ min: 1, max: 900 }) }),
      fc.record({ back: fc.uint8Array({ minLength: 1, maxLength: 20 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const queue = new ChunkQueue(4);
        let expected = Buffer.alloc(0);
        for (const each of steps) {
          if ('put' in each) {
            const chunk = each.isSmall ? small(each.put.length) : own(each.put.length);
            chunk.set(each.put);
            queue.push(chunk, undefined);
            expected = Buffer.concat([expected, each.put]);
          } else if ('back' in each) {
            queue.unshift(Buffer.from(each.back));
            expected = Buffer.concat([each.back, expected]);
          } else {
            const taken = queue.take(each.take)?.chunk ?? Buffer.alloc(0);
            expect(taken.length).toBeLessThanOrEqual(each.take);
            expect(taken.length > 0).toBe(expected.length > 0);
            expect(taken.equals(expected.subarray(0, taken.length))).toBe(true);
            expected = expected.subarray(taken.length);
          }
          expect(queue.bytes).toBe(expected.length);
        }
      }),
    );
  });

  it('keeps a view that is a good part of its memory, and copies one that is not', () => {
    const queue = new ChunkQueue(4);
    const memory = own(1_000);
    queue.push(memory.subarray(0, 250), undefined);
    queue.push(memory.subarray(0, 249), undefined);
    expect(queue.take(1_000)?.chunk.buffer).toBe(memory.buffer);
    expect(queue.take(1_000)?.chunk.buffer).not.toBe(memory.buffer);
  });

  it('copies small views together, so that single bytes take little more than themselves', () => {
    const queue = new ChunkQueue(4);
    const view = small(1);
    for (let put = 0; put < 100_000; put++) queue.push(view, undefined);
    let chunks = 0;
    let memory = 0;
    for (let next = queue.take(1e6); next !== undefined; next = queue.take(1e6)) {
      chunks++;
      memory += next.chunk.buffer.byteLength;
    }
    expect(chunks).toBeLessThan(20);
    expect(memory).toBeLessThan(130_000);
  });

  it('releases a lease when each part of its chunk has been, in whatever order, and what was dropped', () => {
    let releases = 0;
    const queue = new ChunkQueue(4);
    queue.push(own(30), { release: () => releases++ });
    const [first, second] = [queue.take(10), queue.take(10)];
    // The rest is short, say, and copied, while the others wait for the transport.
    queue.take(10)?.lease?.release();
    second?.lease?.release();
    expect(releases).toBe(0);
    first?.lease?.release();
    expect(releases).toBe(1);

    queue.push(own(30), { release: () => releases++ });
    const sent = queue.take(10);
    queue.clear();
    expect(releases).toBe(1);
    sent?.lease?.release();
    expect(releases).toBe(2);
  });

  it('releases a lease at once for what it copies, and for all that it drops', () => {
    const released = new Array<string>();
    const lease = (name: string) => ({ release: () => released.push(name) });
    const queue = new ChunkQueue(4);
    queue.push(own(10), lease('taken'));
    queue.push(small(10), lease('copied'));
    queue.push(own(10), lease('dropped'));
    expect(released).toEqual(['copied']);
    expect(queue.take(10)?.lease).toBeDefined();
    queue.clear();
    expect(released).toEqual(['copied', 'dropped']);
    expect([queue.bytes, queue.take(1)]).toEqual([0, undefined]);
  });
});

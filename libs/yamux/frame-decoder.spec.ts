import type { Lease } from '@tollgate/stream-kit';
import { type YamuxFrame, decodeFrames, describeFrame, encodeFrame } from '@tollgate/testing';
import * as fc from 'fast-check';
import { FrameType } from './constants';
import { encodeHeader } from './frame';
import { FrameDecoder } from './frame-decoder';
import { YamuxError } from './yamux-error';

const TYPES = ['data', 'windowUpdate', 'ping', 'goAway'] as const;
const FLAGS = ['syn', 'ack', 'fin', 'rst'] as const;

/** What has come out of a decoder, as whole frames. */
class Collector {
  readonly frames: YamuxFrame[] = [];
  readonly parts: Buffer[] = [];
  readonly leases: (Lease | undefined)[] = [];
  headers = 0;
  private open: { flags: YamuxFrame['flags']; id: number } | undefined;

  onFrame(type: FrameType, flags: number, id: number, value: number): void {
    this.headers++;
    const names = FLAGS.filter((_, bit) => (flags & (1 << bit)) !== 0);
    if (type === FrameType.data) this.open = { flags: names, id };
    else this.frames.push({ type: TYPES[type], flags: names, id, value });
  }

  onPayload(part: Buffer, lease: Lease | undefined): void {
    expect(part.length).toBeGreaterThan(0);
    this.parts.push(part);
    this.leases.push(lease);
  }

  onDataEnd(): void {
    if (this.open === undefined) throw new Error('no frame has begun');
    const { flags = [], id } = this.open;
    this.frames.push({ type: 'data', flags, id, payload: Buffer.concat(this.parts.splice(0)) });
    this.open = undefined;
  }
}

const uint32 = fc.integer({ min: 0, max: 0xffffffff });
const frame: fc.Arbitrary<YamuxFrame> = fc.oneof(
  fc
    .record({ flags: fc.subarray([...FLAGS]), id: uint32, payload: fc.uint8Array({ maxLength: 200 }) })
    .map(({ payload, ...rest }) => ({ ...rest, type: 'data' as const, payload: Buffer.from(payload) })),
  fc.record({
    type: fc.constantFrom('windowUpdate' as const, 'ping' as const, 'goAway' as const),
    flags: fc.subarray([...FLAGS]),
    id: uint32,
    value: uint32,
  }),
);

/** `bytes` in pieces that end at `cuts`. */
function pieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

describe('FrameDecoder', () => {
  it('reads what was written, however it is cut, as the naive decoder does', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 12 }), fc.array(fc.nat(), { maxLength: 40 }), (frames, cuts) => {
        const bytes = Buffer.concat(frames.map(encodeFrame));
        const collector = new Collector();
        const decoder = new FrameDecoder(collector);
        for (const piece of pieces(bytes, cuts)) decoder.push(piece);
        expect(collector.frames.map(describeFrame)).toEqual(frames.map(describeFrame));
        expect(collector.frames.map(describeFrame)).toEqual(decodeFrames(bytes).map(describeFrame));
      }),
    );
  });

  it('reads the header that the library writes, with all 32 bits of its numbers', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...TYPES),
        fc.integer({ min: 0, max: 0xffff }),
        uint32,
        uint32,
        (type, flags, id, length) => {
          const seen = new Array<unknown>();
          const decoder = new FrameDecoder({
            onFrame: (...header) => seen.push(header),
            onPayload: () => undefined,
            onDataEnd: () => undefined,
          });
          decoder.push(encodeHeader(FrameType[type], flags, id, length));
          expect(seen).toEqual([[FrameType[type], flags, id, length]]);
        },
      ),
    );
  });

  it('throws nothing but its own error, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 }), (chunks) => {
        const decoder = new FrameDecoder(new Collector());
        try {
          for (const chunk of chunks) decoder.push(Buffer.from(chunk));
        } catch (error) {
          expect(error).toBeInstanceOf(YamuxError);
        }
      }),
    );
  });

  it('passes payload on as it comes, without a copy', () => {
    const collector = new Collector();
    const decoder = new FrameDecoder(collector);
    decoder.push(encodeHeader(FrameType.data, 0, 1, 0xffffffff));
    const chunk = Buffer.from('a part of 4 GiB');
    decoder.push(chunk);
    expect(collector.parts).toEqual([chunk]);
    expect(collector.parts[0]?.buffer).toBe(chunk.buffer);
  });

  it('hands nothing out once it is stopped, not even of the same chunk', () => {
    const decoder = new FrameDecoder({
      onFrame: () => {
        decoder.stop();
        headers++;
      },
      onPayload: () => headers++,
      onDataEnd: () => headers++,
    });
    let headers = 0;
    const empty = encodeHeader(FrameType.data, 0, 1, 0);
    decoder.push(Buffer.concat([empty, empty]));
    decoder.push(empty);
    expect(headers).toBe(1);
  });

  describe('releases the lease of a chunk', () => {
    function pushed(...frames: (YamuxFrame | Buffer)[]): { collector: Collector; released: () => number } {
      const collector = new Collector();
      let count = 0;
      const bytes = frames.map((each) => (Buffer.isBuffer(each) ? each : encodeFrame(each)));
      new FrameDecoder(collector).push(Buffer.concat(bytes), { release: () => count++ });
      return { collector, released: () => count };
    }
    const data = (text: string): YamuxFrame => ({ type: 'data', id: 1, payload: Buffer.from(text) });

    it('at once when there is no payload in it', () => {
      expect(pushed({ type: 'ping' }).released()).toBe(1);
    });

    it('once all of its payloads are done with', () => {
      const { collector, released } = pushed(data('one'), data('two'), { type: 'ping' });
      expect(collector.leases).toHaveLength(2);
      collector.leases[0]?.release();
      expect(released()).toBe(0);
      collector.leases[1]?.release();
      expect(released()).toBe(1);
    });

    it('once, when its last payload reaches up to its end', () => {
      const { collector, released } = pushed(data('one'), data('two'));
      collector.leases[1]?.release();
      expect(released()).toBe(0);
      collector.leases[0]?.release();
      expect(released()).toBe(1);
    });

    it('with the only payload in it', () => {
      const { collector, released } = pushed({ type: 'ping' }, data('only'));
      expect(released()).toBe(0);
      collector.leases[0]?.release();
      expect(released()).toBe(1);
    });
  });
});

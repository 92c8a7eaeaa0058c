import { createHash } from 'node:crypto';
import { type PairedStream, record, streamPair } from '@tollgate/testing';
import type { ByteStream } from '@tollgate/stream-kit';
import * as fc from 'fast-check';
import type { YamuxLimits } from './limits';
import { WindowBudget } from './window-budget';
import { YamuxSession } from './yamux-session';
import type { YamuxStream } from './yamux-stream';

interface Sessions {
  readonly client: YamuxSession;
  readonly server: YamuxSession;
  readonly wire: PairedStream;
  /** A stream from both ends. */
  open(): [YamuxStream, YamuxStream];
  closes: (Error | undefined)[];
}

function sessions({
  splitSeed,
  limits = {},
  budget,
  nowMs = () => 0,
}: {
  splitSeed?: number;
  limits?: Partial<YamuxLimits>;
  budget?: WindowBudget;
  nowMs?: () => number;
} = {}): Sessions {
  const [one, other] = streamPair({ delivery: 'manual', ...(splitSeed === undefined ? {} : { splitSeed }) });
  const accepted = new Array<YamuxStream>();
  const closes = new Array<Error | undefined>();
  const onClose = (error?: Error) => closes.push(error);
  const windowBudget = budget === undefined ? {} : { windowBudget: budget };
  const options = { onClose, limits, nowMs, ...windowBudget };
  const server = new YamuxSession(other, { ...options, role: 'server', onStream: (stream) => accepted.push(stream) });
  const client = new YamuxSession(one, { ...options, role: 'client', onStream: () => undefined });
  return {
    client,
    server,
    wire: one,
    closes,
    open: () => {
      const mine = client.openStream();
      one.pump();
      const theirs = accepted.at(-1);
      if (mine === undefined || theirs?.id !== mine.id) throw new Error('no stream');
      return [mine, theirs];
    },
  };
}

/** Writes all of `bytes`, waiting for the stream whenever it asks for that. */
function writeAll(stream: ByteStream, bytes: Buffer, chunkBytes: number): () => void {
  let offset = 0;
  return () => {
    while (offset < bytes.length) {
      const chunk = bytes.subarray(offset, offset + chunkBytes);
      offset += chunk.length;
      if (!stream.write(chunk)) break;
    }
    if (offset >= bytes.length) stream.end();
  };
}

describe('two yamux sessions', () => {
  it.each([
    ['whose windows stay as they are', 0, 262_144],
    ['whose windows grow', 600_000, 862_144],
  ])('%s carry every byte in order on every stream, under random cuts, pauses and amounts', (_, total, bound) => {
    const scenario = fc.record({
      splitSeed: fc.integer(),
      streams: fc.array(
        fc.record({
          up: fc.integer({ min: 0, max: 400_000 }),
          down: fc.integer({ min: 0, max: 400_000 }),
          chunkBytes: fc.integer({ min: 1_000, max: 100_000 }),
        }),
        { minLength: 1, maxLength: 4 },
      ),
      pauses: fc.array(fc.nat(7), { maxLength: 30 }),
    });
    fc.assert(
      fc.property(scenario, ({ splitSeed, streams, pauses }) => {
        const budget = new WindowBudget(total);
        const pair = sessions({ splitSeed, budget });
        const ends = streams.flatMap(({ up, down, chunkBytes }, index) => {
          const [mine, theirs] = pair.open();
          const source = Buffer.alloc(up + down, createHash('sha256').update(String(index)).digest());
          return [
            { from: mine, to: theirs, bytes: source.subarray(0, up), chunkBytes },
            { from: theirs, to: mine, bytes: source.subarray(up), chunkBytes },
          ];
        });
        const flows = ends.map((flow) => ({
          ...flow,
          reader: record(flow.to),
          more: writeAll(flow.from, flow.bytes, flow.chunkBytes),
        }));
        for (const which of pauses) {
          const flow = flows[which % flows.length];
          flow?.to.pause();
          for (const { more } of flows) more();
          pair.wire.pump();
          for (const { to } of flows) {
            expect(to.unreadBytes + to.receiveWindowBytes).toBeLessThanOrEqual(bound);
            expect(to.receiveWindowBytes).toBeGreaterThanOrEqual(0);
          }
          flow?.to.resume();
        }
        for (let round = 0; round < 400 && flows.some(({ reader }) => !reader.events.includes('close')); round++) {
          for (const { more } of flows) more();
          pair.wire.pump();
        }
        for (const { reader, bytes } of flows) {
          expect(reader.byteCount).toBe(bytes.length);
          expect(reader.bytes.equals(bytes)).toBe(true);
          expect(reader.events.slice(-2)).toEqual(['end', 'close']);
        }
        expect([pair.client.openStreams, pair.server.openStreams, pair.closes]).toEqual([0, 0, []]);
        expect(budget.usedBytes).toBe(0);
      }),
      { numRuns: 25 },
    );
  });

  it('carry a thousand streams at once, and end them all', () => {
    const { client, server, wire, open } = sessions({ limits: { maxFramesPerTurn: 1_000_000 } });
    const pairs = Array.from({ length: 1_000 }, () => {
      const [mine, theirs] = open();
      return { mine, theirs, atMine: record(mine), atTheirs: record(theirs) };
    });
    pairs.forEach(({ mine, theirs }, index) => {
      mine.write(Buffer.from(`up ${String(index)}`));
      theirs.write(Buffer.from(`down ${String(index)}`));
      mine.end();
    });
    wire.pump();
    expect([client.openStreams, server.openStreams]).toEqual([1_000, 1_000]);
    for (const { theirs } of pairs) theirs.end();
    wire.pump();
    pairs.forEach(({ atMine, atTheirs }, index) => {
      expect(atTheirs.bytes.toString()).toBe(`up ${String(index)}`);
      expect(atMine.bytes.toString()).toBe(`down ${String(index)}`);
      expect([atMine.events, atTheirs.events]).toEqual([
        ['data', 'end', 'close'],
        ['data', 'end', 'close'],
      ]);
    });
    expect([client.openStreams, server.openStreams]).toEqual([0, 0]);
  });

  it('hold no more for a paused reader than its window', () => {
    const { wire, open } = sessions();
    const [mine, theirs] = open();
    record(theirs);
    theirs.pause();
    for (let sent = 0; sent < 12; sent++) mine.write(Buffer.alloc(60_000));
    for (let turn = 0; turn < 10; turn++) wire.pump();
    expect(theirs.unreadBytes).toBe(262_144);
    expect(mine.queuedBytes).toBe(12 * 60_000 - 262_144);
  });

  it('are not held up on other streams by one that is paused', () => {
    const { wire, open } = sessions();
    const [bulk, paused] = open();
    const [mine, theirs] = open();
    record(paused);
    paused.pause();
    while (bulk.write(Buffer.alloc(60_000)));
    wire.pump();
    const reader = record(theirs);
    mine.write(Buffer.from('hello'));
    wire.pump();
    expect(reader.bytes.toString()).toBe('hello');
  });
});

describe('a receive window between two sessions', () => {
  const limits = { maxWindowBytes: 1_048_576 };

  /** Sends `times` windows up, in quarters. */
  function sendWindows(
    pair: Sessions,
    [mine, theirs]: [YamuxStream, YamuxStream],
    times: number,
    tick: () => void,
  ): void {
    record(theirs, false);
    for (let sent = 0; sent < times; sent++) {
      for (let part = 0; part < 4; part++) {
        mine.write(Buffer.alloc(65_536));
        tick();
        pair.wire.pump();
      }
    }
  }

  it('grows up to its bound with use, as far as the budget allows, and gives that back', () => {
    for (const [total, size] of [
      [1_048_576, 1_048_576],
      [262_144, 524_288],
      [100, 262_144],
    ] as const) {
      let now = 0;
      const budget = new WindowBudget(total);
      const pair = sessions({ limits, budget, nowMs: () => (now += 0.5) });
      const streams = pair.open();
      sendWindows(pair, streams, 20, () => undefined);
      expect(streams[1].receiveWindowBytes).toBeGreaterThan(size / 2);
      expect(streams[1].receiveWindowBytes).toBeLessThanOrEqual(size);
      expect(budget.usedBytes).toBe(size - 262_144);
      streams[1].destroy();
      pair.wire.pump();
      expect(budget.usedBytes).toBe(0);
    }
  });

  it('does not grow for a stream that is slower than the window lets it be', () => {
    let now = 0;
    const budget = new WindowBudget(10_000_000);
    const pair = sessions({ limits, budget, nowMs: () => (now += 0.01) });
    sendWindows(pair, pair.open(), 20, () => (now += 1_000));
    expect(budget.usedBytes).toBe(0);
  });

  it('gives the budget of a stream back that has gone with its session', () => {
    let now = 0;
    const budget = new WindowBudget(10_000_000);
    const pair = sessions({ limits, budget, nowMs: () => (now += 0.5) });
    sendWindows(pair, pair.open(), 20, () => undefined);
    expect(budget.usedBytes).toBe(786_432);
    pair.server.destroy();
    pair.wire.pump();
    expect(budget.usedBytes).toBe(0);
  });
});

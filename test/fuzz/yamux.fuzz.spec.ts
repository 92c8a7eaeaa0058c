import { RawYamuxPeer, type YamuxFrame, encodeFrame } from '@tollgate/testing';
import { YamuxError } from '@tollgate/yamux';
import fc from 'fast-check';

/** Set `FUZZ_SEED` to the seed that a failure names, and `FUZZ_RUNS` for a longer search. */
const seed = process.env['FUZZ_SEED'];
const parameters = {
  numRuns: Number(process.env['FUZZ_RUNS'] ?? 400),
  interruptAfterTimeLimit: 40_000,
  ...(seed === undefined ? {} : { seed: Number(seed) }),
};

const WINDOW = 262_144;
const id = fc.oneof({ weight: 6, arbitrary: fc.constantFrom(1, 3, 5, 7) }, { weight: 1, arbitrary: fc.nat(20) });
const flags = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<NonNullable<YamuxFrame['flags']>[]>([], ['syn']) },
  { weight: 1, arbitrary: fc.subarray(['syn', 'ack', 'fin', 'rst'] as const) },
);
const value = fc.oneof(
  { weight: 6, arbitrary: fc.nat(100_000) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 0xffffffff }) },
);
const frame: fc.Arbitrary<YamuxFrame> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .record({ flags, id, bytes: fc.nat(WINDOW / 2) })
      .map(({ bytes, ...rest }) => ({ ...rest, type: 'data' as const, payload: Buffer.alloc(bytes) })),
  },
  { weight: 5, arbitrary: fc.record({ type: fc.constant('windowUpdate' as const), flags, id, value }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('ping' as const), flags, value }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('goAway' as const), value: fc.constantFrom(0, 0, 0, 1, 9) }) },
);
const action = fc.oneof(
  { weight: 8, arbitrary: frame.map((each) => ({ send: encodeFrame(each) })) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 30 }).map((bytes) => ({ send: Buffer.from(bytes) })) },
  {
    weight: 5,
    arbitrary: fc.record({
      which: fc.nat(5),
      what: fc.constantFrom('attach', 'write', 'end', 'destroy', 'pause', 'resume', 'unshift'),
      bytes: fc.nat(300_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ tickMs: fc.nat(40_000) }) },
);

describe.each(['server', 'client'] as const)('what nobody would send to a yamux %s', (role) => {
  it('ends it by an error of its own at worst, tells each reader in order and once, and makes it hold no more than its windows', () => {
    const ends = new Set<unknown>();
    fc.assert(
      fc.property(fc.integer(), fc.array(action, { maxLength: 60 }), (splitSeed, actions) => {
        const peer = new RawYamuxPeer(role, {}, { splitSeed, highWaterBytes: 262_144 });
        const mine = role === 'client' ? Array.from({ length: 4 }, () => peer.session.openStream()) : [];
        const events = new Map<number, string[]>();
        for (const each of actions) {
          const streams = role === 'client' ? mine : peer.streams;
          if ('send' in each) {
            peer.send(each.send);
          } else if ('tickMs' in each) {
            peer.tick(peer.nowMs + each.tickMs);
          } else {
            const stream = streams[each.which % Math.max(1, streams.length)];
            if (stream === undefined) continue;
            const log = events.get(stream.id) ?? [];
            const before = events.has(stream.id);
            if (each.what === 'attach' && !before) {
              events.set(stream.id, log);
              stream.attach({
                onData: (_, lease) => {
                  lease?.release();
                  log.push('data');
                },
                onEnd: () => log.push('end'),
                onDrain: () => undefined,
                onClose: () => log.push('close'),
              });
            } else if (each.what === 'write') {
              stream.write(Buffer.alloc(each.bytes));
            } else if (each.what === 'unshift') {
              if (stream.unreadBytes === 0) stream.unshift(Buffer.alloc(each.bytes % 100));
            } else if (each.what !== 'attach') {
              stream[each.what]();
            }
            expect(stream.unreadBytes).toBeLessThanOrEqual(peer.session.isClosed ? 0x600000 : WINDOW + 100);
          }
        }
        peer.session.close();
        peer.end();
        peer.answers();
        peer.tick(peer.nowMs + 1_000);
        peer.tick(peer.nowMs + 5_000);
        expect(peer.closes).toHaveLength(1);
        const [error] = peer.closes;
        if (error !== undefined) expect(error).toBeInstanceOf(YamuxError);
        ends.add(peer.closeCode);
        expect(peer.session.openStreams).toBe(0);
        for (const log of events.values()) expect(log.join(' ')).toMatch(/^(?:data ?)*(?:end ?)?close$/);
      }),
      parameters,
    );
    // It got further than the first frame: sessions ended in many ways, some of them without an error.
    expect(ends.size).toBeGreaterThan(2);
    expect(ends).toContain(undefined);
  }, 60_000);
});

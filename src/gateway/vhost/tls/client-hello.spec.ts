import fc from 'fast-check';
import { VHOST_LIMITS } from '../limits';
import { ClientHelloReader, serverNameOf } from './client-hello';

function sized(size: 1 | 2 | 3, bytes: Buffer): Buffer {
  const length = Buffer.alloc(size);
  length.writeUIntBE(bytes.length, 0, size);
  return Buffer.concat([length, bytes]);
}

function extension(type: number, body: Buffer): Buffer {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(type);
  return Buffer.concat([head, sized(2, body)]);
}

function nameExtension(name: string): Buffer {
  return extension(0, sized(2, Buffer.concat([Buffer.from([0]), sized(2, Buffer.from(name))])));
}

function helloOf(extensions: readonly Buffer[], sessionId = Buffer.alloc(32, 1)): Buffer {
  const body = Buffer.concat([
    Buffer.from([3, 3]),
    Buffer.alloc(32, 7),
    sized(1, sessionId),
    sized(2, Buffer.from([0x13, 0x01, 0x13, 0x02])),
    sized(1, Buffer.from([0])),
    sized(2, Buffer.concat(extensions)),
  ]);
  return Buffer.concat([Buffer.from([1]), sized(3, body)]);
}

/** @param lengths of the records, in turn */
function inRecords(message: Buffer, lengths: readonly number[]): Buffer {
  const records: Buffer[] = [];
  for (let at = 0, turn = 0; at < message.length; turn += 1) {
    const length = lengths[turn % lengths.length] ?? message.length;
    records.push(Buffer.from([22, 3, 1]), sized(2, message.subarray(at, at + length)));
    at += length;
  }
  return Buffer.concat(records);
}

const padding = fc.integer({ min: 0, max: 3000 }).map((bytes) => extension(21, Buffer.alloc(bytes)));
const name = fc.domain();
const lengths = fc.array(fc.integer({ min: 1, max: 16_384 }), { minLength: 1, maxLength: 5 });

describe('serverNameOf', () => {
  it('finds the name in any records, and asks for more until it is complete', () => {
    fc.assert(
      fc.property(name, padding, padding, lengths, (wanted, before, behind, cuts) => {
        const whole = inRecords(helloOf([before, nameExtension(wanted.toUpperCase()), behind]), cuts);
        expect(serverNameOf(whole)).toEqual({ kind: 'found', name: wanted.toLowerCase() });
        expect(serverNameOf(Buffer.concat([whole, Buffer.from('more')]))).toEqual({ kind: 'found', name: wanted });
        for (const cut of [0, 1, 5, 6, 9, whole.length >> 1, whole.length - 1]) {
          expect(serverNameOf(whole.subarray(0, cut))).toEqual({ kind: 'need-more' });
        }
      }),
      { numRuns: 300 },
    );
  });

  it('tells a hello without a name from one with a bad name', () => {
    expect(serverNameOf(inRecords(helloOf([]), [1000]))).toEqual({ kind: 'none' });
    for (const bad of ['', 'a b', 'ä', 'x'.repeat(256)]) {
      expect(serverNameOf(inRecords(helloOf([nameExtension(bad)]), [1000]))).toEqual({ kind: 'bad' });
    }
    expect(serverNameOf(inRecords(helloOf([nameExtension('a'), nameExtension('b')]), [1000])).kind).toBe('bad');
    expect(serverNameOf(inRecords(helloOf([], Buffer.alloc(33)), [1000])).kind).toBe('bad');
  });

  it('refuses what is no TLS at its first byte', () => {
    expect(serverNameOf(Buffer.from('GET / HTTP/1.1'))).toEqual({ kind: 'bad' });
    expect(serverNameOf(Buffer.from([22, 2])).kind).toBe('bad');
    expect(serverNameOf(Buffer.from([22, 3, 1, 0x40, 0x01])).kind).toBe('bad');
    expect(serverNameOf(Buffer.from([22, 3, 1, 0, 0])).kind).toBe('bad');
    expect(serverNameOf(Buffer.from([22, 3, 1, 0, 4, 2])).kind).toBe('need-more');
    expect(serverNameOf(Buffer.from([22, 3, 1, 0, 4, 2, 0, 0, 0])).kind).toBe('bad');
  });

  it('takes a hello at the limit, and refuses one that announces a byte more before it has come', () => {
    const bare = helloOf([extension(21, Buffer.alloc(0))]).length;
    const atLimit = helloOf([extension(21, Buffer.alloc(VHOST_LIMITS.maxClientHelloBytes - bare))]);
    expect(serverNameOf(inRecords(atLimit, [16_384])).kind).toBe('none');
    const beyond = helloOf([extension(21, Buffer.alloc(VHOST_LIMITS.maxClientHelloBytes - bare + 1))]);
    expect(serverNameOf(inRecords(beyond, [16_384]).subarray(0, 5 + 16_384)).kind).toBe('bad');
  });

  it('says the same of pieces as of the whole, at the piece that completes it', () => {
    fc.assert(
      fc.property(name, padding, lengths, fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (...all) => {
        const [wanted, before, cuts, pieces] = all;
        const whole = inRecords(helloOf([before, nameExtension(wanted)]), cuts);
        const reader = new ClientHelloReader();
        for (let at = 0, turn = 0; at < whole.length; turn += 1) {
          const end = at + (pieces[turn % pieces.length] ?? 1);
          const answer = reader.push(whole.subarray(at, end));
          expect(answer).toEqual(end < whole.length ? { kind: 'need-more' } : { kind: 'found', name: wanted });
          at = end;
        }
        expect(reader.seenBytes).toBe(whole.length);
      }),
      { numRuns: 200 },
    );
  });

  it('looks at each byte once, though every record and every piece has one', () => {
    const hello = inRecords(helloOf([extension(21, Buffer.alloc(5_400)), nameExtension('a')]), [1]);
    const began = process.cpuUsage();
    for (let round = 0; round < 20; round += 1) {
      const reader = new ClientHelloReader();
      for (let at = 0; at < hello.length - 1; at += 1) {
        if (reader.push(hello.subarray(at, at + 1)).kind !== 'need-more') throw new Error(String(at));
      }
      expect(reader.push(hello.subarray(-1))).toEqual({ kind: 'found', name: 'a' });
    }
    // 660,000 bytes; with a look at all of them for each it would be minutes.
    expect(process.cpuUsage(began).user).toBeLessThan(3_000_000);
  });

  it('gives up what is not complete after as many bytes as a hello may have, however many records that is', () => {
    const hello = inRecords(helloOf([extension(21, Buffer.alloc(30_000))]), [1]);
    const reader = new ClientHelloReader();
    expect(reader.push(hello.subarray(0, VHOST_LIMITS.maxClientHelloBytes - 1)).kind).toBe('need-more');
    expect(reader.push(hello.subarray(0, 1)).kind).toBe('bad');
    expect(reader.push(hello).kind).toBe('bad');
  });

  it('answers anything at all, and the same however little is changed', () => {
    const whole = inRecords(helloOf([nameExtension('example.com')]), [50]);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.uint8Array({ maxLength: 200 }), (at, byte, noise) => {
        const changed = Buffer.from(whole);
        changed[at] = byte;
        expect(['found', 'none', 'bad', 'need-more']).toContain(serverNameOf(changed).kind);
        expect(['bad', 'need-more']).toContain(serverNameOf(Buffer.concat([whole.subarray(0, 5), noise])).kind);
      }),
      { numRuns: 3000 },
    );
  });
});

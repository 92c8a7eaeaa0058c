import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { ContentDigests } from './content-digests';

const CONTENT = Buffer.from('the content of an upload');
const SHA256 = sha256Of(CONTENT);

function sha256Of(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

describe('ContentDigests', () => {
  let digests: ContentDigests;
  let readFrom: number[];

  const read = async (start: number, content = CONTENT): Promise<Readable> => {
    readFrom.push(start);
    return Promise.resolve(Readable.from([content.subarray(start)]));
  };

  /** @param storedBytes how many of its bytes are stored before the store fails; absent: all */
  async function add(uploadId: string, offset: number, piece: Buffer, storedBytes?: number): Promise<number> {
    const chunks = Readable.from([...piece].map((byte) => Buffer.from([byte])));
    return digests.hash(uploadId, offset, chunks, async (hashed) => {
      let bytes = 0;
      for await (const chunk of hashed) bytes += chunk.length;
      if (storedBytes !== undefined) throw new Error('the disk is full');
      return offset + bytes;
    });
  }

  beforeEach(() => {
    digests = new ContentDigests();
    readFrom = [];
  });

  it('read nothing of a content that came through them in order', async () => {
    await add('a', 0, CONTENT.subarray(0, 5));
    expect(await add('a', 5, CONTENT.subarray(5))).toBe(CONTENT.length);
    expect(await digests.finish('a', CONTENT.length, read)).toBe(SHA256);
    expect(readFrom).toEqual([]);
  });

  it('read the rest of one whose last pieces came through others', async () => {
    await add('a', 0, CONTENT.subarray(0, 5));
    expect(await digests.finish('a', CONTENT.length, read)).toBe(SHA256);
    expect(readFrom).toEqual([5]);
  });

  it.each([
    ['of which they know nothing', []],
    [
      'of which a piece between came through others',
      [
        [0, 5],
        [10, 24],
      ],
    ],
    [
      'of which a piece was lost and came again',
      [
        [0, 9],
        [5, 24],
      ],
    ],
    ['that begins somewhere else', [[5, 24]]],
  ])('read all of one %s', async (_which, pieces) => {
    for (const [from = 0, to = 0] of pieces) await add('a', from, CONTENT.subarray(from, to));
    expect(await digests.finish('a', CONTENT.length, read)).toBe(SHA256);
    expect(readFrom).toEqual([0]);
  });

  it('read all of one of which a piece was hashed and could not be stored, whoever took in what came in its place', async () => {
    await add('a', 0, CONTENT.subarray(0, 5));
    await expect(add('a', 5, CONTENT.subarray(5, 10), 2)).rejects.toThrow('the disk is full');
    // Another process stored other bytes there, up to where the hash had come.
    const stored = Buffer.from(CONTENT);
    stored.fill('x', 7, 10);
    await add('a', 10, stored.subarray(10));
    expect(await digests.finish('a', stored.length, (start) => read(start, stored))).toBe(sha256Of(stored));
  });

  it('read all of one of which less was stored than was hashed', async () => {
    await digests.hash('a', 0, Readable.from([CONTENT]), async (hashed) => {
      for await (const chunk of hashed) expect(chunk).toBe(CONTENT);
      return 5;
    });
    const stored = Buffer.concat([CONTENT.subarray(0, 5), Buffer.from('others')]);
    expect(await digests.finish('a', stored.length, (start) => read(start, stored))).toBe(sha256Of(stored));
  });

  it('begin anew when an upload does, and keep uploads apart', async () => {
    await add('a', 0, Buffer.from('something else'));
    await add('b', 0, Buffer.from('xyz'));
    await add('a', 0, CONTENT);
    expect(await digests.finish('a', CONTENT.length, read)).toBe(SHA256);
    expect(readFrom).toEqual([]);
  });

  it('forget an upload that is finished, or given up', async () => {
    await add('a', 0, CONTENT);
    digests.forget('a');
    await digests.finish('a', CONTENT.length, read);
    await digests.finish('a', CONTENT.length, read);
    expect(readFrom).toEqual([0, 0]);
  });
});

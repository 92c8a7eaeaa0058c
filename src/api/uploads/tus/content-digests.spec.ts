import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { ContentDigests } from './content-digests';

const CONTENT = Buffer.from('the content of an upload');
const SHA256 = createHash('sha256').update(CONTENT).digest('hex');

describe('ContentDigests', () => {
  let digests: ContentDigests;
  let readFrom: number[];
  const read = async (start: number): Promise<Readable> => {
    readFrom.push(start);
    return Promise.resolve(Readable.from([CONTENT.subarray(start)]));
  };

  beforeEach(() => {
    digests = new ContentDigests();
    readFrom = [];
  });

  it('read nothing of a content that came through them in order', async () => {
    digests.add('a', 0, CONTENT.subarray(0, 5));
    digests.add('a', 5, CONTENT.subarray(5));
    expect(await digests.finish('a', CONTENT.length, read)).toBe(SHA256);
    expect(readFrom).toEqual([]);
  });

  it('read the rest of one whose last pieces came through others', async () => {
    digests.add('a', 0, CONTENT.subarray(0, 5));
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
    for (const [from = 0, to = 0] of pieces) digests.add('a', from, CONTENT.subarray(from, to));
    expect(await digests.finish('a', CONTENT.length, read)).toBe(SHA256);
    expect(readFrom).toEqual([0]);
  });

  it('begin anew when an upload does, and keep uploads apart', async () => {
    digests.add('a', 0, Buffer.from('something else'));
    digests.add('b', 0, Buffer.from('xyz'));
    digests.add('a', 0, CONTENT);
    expect(await digests.finish('a', CONTENT.length, read)).toBe(SHA256);
    expect(readFrom).toEqual([]);
  });

  it('forget an upload that is finished, or given up', async () => {
    digests.add('a', 0, CONTENT);
    digests.forget('a');
    await digests.finish('a', CONTENT.length, read);
    await digests.finish('a', CONTENT.length, read);
    expect(readFrom).toEqual([0, 0]);
  });
});

import { randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import { newFileId } from '@tollgate/domain';
import { FileGoneError, type FileStorage, type PartialUploads } from '@tollgate/file-storage';

/** Open, empty partial uploads of a driver with the storage beside them, as the contract suite sees them. */
export interface PartialUploadsUnderTest {
  readonly partials: PartialUploads;
  /** The same, as another process has them. */
  readonly others: PartialUploads;
  readonly storage: FileStorage;
  /** Names of all that both hold. */
  holdings(): Promise<readonly string[]>;
  teardown(): Promise<void>;
}

/** More than a part of any driver, and then some. */
const LARGE_BYTES = 13_000_001;

const none = async (): Promise<ReadonlySet<string>> => new Set();
/** What was done until now is old by then. */
const later = (): Date => new Date(Date.now() + 60_000);

async function contentOf(stream: Readable): Promise<Buffer> {
  return Buffer.concat(await stream.toArray());
}

/** Jest itself compares byte by byte, which takes minutes. */
function expectSame(found: Buffer, expected: Buffer): void {
  expect({ bytes: found.length, isSame: found.equals(expected) }).toEqual({ bytes: expected.length, isSame: true });
}

async function* chunksOf(content: Buffer, fault?: Error): AsyncGenerator<Buffer, void, undefined> {
  for (let from = 0; from < content.length; from += 65_536) {
    await Promise.resolve();
    yield content.subarray(from, from + 65_536);
  }
  if (fault !== undefined) throw fault;
}

/** What every {@link PartialUploads} guarantees. */
export function partialUploadsContract(name: string, setup: () => Promise<PartialUploadsUnderTest>): void {
  describe(`${name}: PartialUploads`, () => {
    let test: PartialUploadsUnderTest;
    beforeEach(async () => {
      test = await setup();
    }, 60_000);
    afterEach(async () => {
      await test.teardown();
    });

    async function begin(size: number): Promise<string> {
      const fileId = newFileId();
      await test.partials.create(fileId, size, 'a note');
      return fileId;
    }

    async function keep(fileId: string): Promise<string> {
      const key = await test.partials.adopt(fileId);
      await test.partials.keep(fileId, key);
      return key;
    }

    it('finds what was created, and nothing else', async () => {
      const fileId = await begin(10);
      expect(await test.others.find(fileId)).toEqual({ size: 10, offset: 0, note: 'a note' });
      expect(await test.partials.find(newFileId())).toBeUndefined();
    });

    it.each([
      ['one byte at a time', 5, [1, 1, 1, 1, 1]],
      ['one piece', 100_000, [100_000]],
      ['one large piece', LARGE_BYTES, [LARGE_BYTES]],
      ['many pieces smaller than a part', 2_000_000, [1_000_000, 1, 900_000, 99_999]],
      ['pieces that together are parts', LARGE_BYTES, [5_000_000, 5_000_000, 3_000_001]],
      ['a piece of nothing between', 20, [10, 0, 10]],
    ])('becomes a content of the storage: by %s', async (_how, size, pieces) => {
      const content = randomBytes(size);
      const fileId = await begin(size);
      let offset = 0;
      for (const [index, bytes] of pieces.entries()) {
        // Whichever process gets the next piece goes on.
        const partials = index % 2 === 0 ? test.partials : test.others;
        expect(await partials.find(fileId)).toMatchObject({ offset });
        offset = await partials.write(fileId, offset, chunksOf(content.subarray(offset, offset + bytes)));
      }
      expect(offset).toBe(size);
      expectSame(await contentOf(await test.partials.read(fileId, 0)), content);
      expectSame(await contentOf(await test.others.read(fileId, size - 3)), content.subarray(size - 3));
      const key = await keep(fileId);
      expectSame(await contentOf(await test.storage.read(key)), content);
      expect(await test.partials.find(fileId)).toBeUndefined();
      expect(await test.holdings()).toHaveLength(1);
      await test.storage.remove(key);
      expect(await test.holdings()).toEqual([]);
    });

    it.each([1_000, 6_000_000, 9_000_000])('keeps what came before a piece broke off after %d bytes', async (bytes) => {
      const content = randomBytes(bytes * 2);
      const fileId = await begin(content.length);
      const half = chunksOf(content.subarray(0, bytes), new Error('broken off'));
      await expect(test.partials.write(fileId, 0, half)).rejects.toThrow('broken off');
      expect(await test.partials.find(fileId)).toMatchObject({ offset: bytes });
      await test.partials.write(fileId, bytes, chunksOf(content.subarray(bytes)));
      expectSame(await contentOf(await test.storage.read(await keep(fileId))), content);
    });

    it('shows the beginning of a content while that is all there is', async () => {
      const fileId = await begin(1_000);
      await test.partials.write(fileId, 0, chunksOf(Buffer.from('the beginning')));
      expect((await contentOf(await test.others.read(fileId, 4))).toString()).toBe('beginning');
      await expect(test.partials.read(newFileId(), 0)).rejects.toThrow(FileGoneError);
    });

    it('is found again after a process died between adopting and naming it', async () => {
      const content = randomBytes(100_000);
      const fileId = await begin(content.length);
      await test.partials.write(fileId, 0, chunksOf(content));
      await test.partials.adopt(fileId);
      expect(await test.others.find(fileId)).toMatchObject({ offset: 100_000, note: 'a note' });
      expectSame(await contentOf(await test.others.read(fileId, 0)), content);
      const key = await test.others.adopt(fileId);
      expect(await test.others.adopt(fileId)).toBe(key);
      await test.others.keep(fileId, key);
      expectSame(await contentOf(await test.storage.read(key)), content);
    });

    it.each(['begun', 'written', 'adopted'])('leaves nothing once it is removed: %s', async (state) => {
      const fileId = await begin(3);
      if (state !== 'begun') await test.partials.write(fileId, 0, chunksOf(Buffer.from('abc')));
      if (state === 'adopted') await test.partials.adopt(fileId);
      await test.others.remove(fileId);
      await test.others.remove(fileId);
      expect(await test.partials.find(fileId)).toBeUndefined();
      expect(await test.holdings()).toEqual([]);
    });

    it('is swept when nobody has gone on with it or asked for it since, and not before', async () => {
      const fileId = await begin(10);
      await test.partials.write(fileId, 0, chunksOf(Buffer.from('abc')));
      await test.partials.touch(fileId);
      expect(await test.partials.sweep(new Date(Date.now() - 60_000), none)).toBe(0);
      expect(await test.partials.find(fileId)).toMatchObject({ offset: 3 });
      expect(await test.others.sweep(later(), none)).toBe(1);
      expect(await test.partials.find(fileId)).toBeUndefined();
      expect(await test.holdings()).toEqual([]);
    });

    it('stays when a process died between naming and keeping it; the sweep removes only what stands beside it', async () => {
      const content = randomBytes(100_000);
      const fileId = await begin(content.length);
      await test.partials.write(fileId, 0, chunksOf(content));
      const key = await test.partials.adopt(fileId);
      expect(await test.others.sweep(later(), async (ids) => new Set(ids))).toBe(0);
      expectSame(await contentOf(await test.storage.read(key)), content);
      expect(await test.partials.find(fileId)).toBeUndefined();
      expect(await test.holdings()).toHaveLength(1);
    });

    it('is swept as well when it was adopted and never named, once nobody asks for it any more', async () => {
      const fileId = await begin(3);
      await test.partials.write(fileId, 0, chunksOf(Buffer.from('abc')));
      await test.partials.adopt(fileId);
      await test.partials.touch(fileId);
      expect(await test.partials.sweep(new Date(Date.now() - 60_000), none)).toBe(0);
      expect(await test.others.find(fileId)).toMatchObject({ offset: 3 });
      expect(await test.others.sweep(later(), none)).toBe(1);
      expect(await test.holdings()).toEqual([]);
    });

    it('stays when the sweep can not ask for its record', async () => {
      const fileId = await begin(3);
      const failing = async () => Promise.reject(new Error('no answer'));
      await expect(test.partials.sweep(later(), failing)).rejects.toThrow('no answer');
      expect(await test.partials.find(fileId)).toMatchObject({ offset: 0 });
    });

    it('takes no id that is none', async () => {
      await expect(test.partials.create('../x', 1, '')).rejects.toThrow(RangeError);
      await expect(test.partials.find('a/b')).rejects.toThrow(RangeError);
    });
  });
}

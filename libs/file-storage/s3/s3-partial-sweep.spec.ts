import { SWEPT_PAGES, SWEPT_PARTIALS } from './limits';
import type { S3Objects } from './s3-objects';
import { S3PartialSweep } from './s3-partial-sweep';

const BEFORE = new Date('2026-01-04T10:00:00.000Z');
const OLD = new Date(BEFORE.getTime() - 1);
const PAGE = 1_000;

interface Listed {
  readonly Key: string;
  readonly LastModified: Date;
}

/** Below `p/partial/`, in the order of their keys. */
function descriptions(count: number, LastModified = OLD): readonly Listed[] {
  return Array.from({ length: count }, (_, index) => ({
    Key: `p/partial/file_${String(index).padStart(6, '0')}.json`,
    LastModified,
  }));
}

/** A sweep of a bucket that lists as servers do, up to 1,000 keys at a time. */
function setUp(held: readonly Listed[]): { readonly sweep: S3PartialSweep; readonly lists: () => number } {
  let lists = 0;
  class ListObjectsV2Command {
    constructor(readonly input: { readonly Prefix: string; readonly StartAfter?: string }) {}
  }
  const send = async ({ input: { Prefix, StartAfter = '' } }: ListObjectsV2Command): Promise<unknown> => {
    lists += 1;
    const rest = held.filter(({ Key }) => Key.startsWith(Prefix) && Key > StartAfter);
    return { Contents: rest.slice(0, PAGE), IsTruncated: rest.length > PAGE };
  };
  const attempt = async (_doing: string, work: (connection: unknown) => Promise<unknown>): Promise<unknown> =>
    work({ sdk: { s3: { ListObjectsV2Command } }, client: { send } });
  const objects = { bucket: 'bucket', attempt } as unknown as S3Objects;
  return { sweep: new S3PartialSweep(objects, 'p/'), lists: () => lists };
}

describe('S3PartialSweep', () => {
  it('finds the old ones behind any number of young ones', async () => {
    const young = descriptions(2 * PAGE, BEFORE);
    const { sweep } = setUp([...young, { Key: 'p/partial/file_zold.json', LastModified: OLD }]);
    const settle = jest.fn(async () => true);

    expect(await sweep.run(BEFORE, settle)).toBe(1);

    expect(settle.mock.calls).toStrictEqual([['file_zold']]);
  });

  it('looks at a bounded number, goes on after them the next time, and begins again after the last', async () => {
    const { sweep } = setUp(descriptions(SWEPT_PARTIALS + 3));
    const seen: string[] = [];
    const settle = async (fileId: string): Promise<boolean> => seen.push(fileId) > 0;

    expect(await sweep.run(BEFORE, settle)).toBe(SWEPT_PARTIALS);
    expect(await sweep.run(BEFORE, settle)).toBe(3);
    expect(new Set(seen).size).toBe(SWEPT_PARTIALS + 3);

    await sweep.run(BEFORE, settle);
    expect(seen.at(SWEPT_PARTIALS + 3)).toBe(seen[0]);
  });

  it('reads a bounded number of lists, and goes on after them the next time', async () => {
    const pages = SWEPT_PAGES + 2;
    const { sweep, lists } = setUp(descriptions(pages * PAGE, BEFORE));
    const settle = async (): Promise<boolean> => true;

    await sweep.run(BEFORE, settle);
    expect(lists()).toBe(SWEPT_PAGES);
    await sweep.run(BEFORE, settle);
    expect(lists()).toBe(pages);
  });

  it('is not stopped for ever by one that fails', async () => {
    const { sweep } = setUp(descriptions(3));
    const settled: string[] = [];
    const settle = async (fileId: string): Promise<boolean> => {
      if (fileId === 'file_000001') throw new Error('made up');
      return settled.push(fileId) > 0;
    };

    await expect(sweep.run(BEFORE, settle)).rejects.toThrow('made up');
    await sweep.run(BEFORE, settle);

    expect(settled).toStrictEqual(['file_000000', 'file_000002']);
  });

  it('looks at tails without a description too, and at nothing that is none of ours', async () => {
    const others = ['p/partial/', 'p/partial/a/b.json', 'p/partial/file_x.mp4', 'p/partially/file_y.json'];
    const { sweep } = setUp([...others, 'p/partial/file_z.tail'].map((Key) => ({ Key, LastModified: OLD })));
    const settle = jest.fn(async () => false);

    expect(await sweep.run(BEFORE, settle)).toBe(0);

    expect(settle.mock.calls).toStrictEqual([['file_z']]);
  });
});

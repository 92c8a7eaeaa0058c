import { SyncSlots } from './sync-slots';

/** Work that ends when it is told to. */
function pending() {
  let end: () => void = () => undefined;
  const done = new Promise<void>((resolve) => (end = resolve));
  const work = jest.fn(async () => done);
  return { work, end };
}

/** Lets everything run that waits for nothing. */
const settle = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('SyncSlots', () => {
  it('runs as much at once as it has slots, and the rest in the order it came', async () => {
    const slots = new SyncSlots(2);
    const works = [pending(), pending(), pending(), pending()];
    const runs = works.map(async ({ work }) => slots.run(work));
    await settle();
    expect(works.map(({ work }) => work.mock.calls.length)).toStrictEqual([1, 1, 0, 0]);

    works[1]!.end();
    await settle();
    expect(works.map(({ work }) => work.mock.calls.length)).toStrictEqual([1, 1, 1, 0]);

    for (const { end } of works) end();
    await Promise.all(runs);
    expect(works[3]!.work).toHaveBeenCalledTimes(1);
  });

  it('frees the slot of work that failed', async () => {
    const slots = new SyncSlots(1);
    await expect(slots.run(async () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    const next = jest.fn(async () => undefined);

    await slots.run(next);

    expect(next).toHaveBeenCalledTimes(1);
  });
});

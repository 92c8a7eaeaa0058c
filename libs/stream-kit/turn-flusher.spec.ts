import { TurnFlusher } from './turn-flusher';

describe('the flusher of all sockets', () => {
  it('flushes each target once, at the end of the turn, with one immediate for all', async () => {
    const immediate = jest.spyOn(globalThis, 'setImmediate');
    const flusher = new TurnFlusher();
    const flushed: string[] = [];
    for (const name of ['a', 'b', 'c']) flusher.schedule({ flush: () => flushed.push(name) });
    await Promise.resolve();
    expect(flushed).toEqual([]);
    expect(immediate).toHaveBeenCalledTimes(1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(flushed).toEqual(['a', 'b', 'c']);
  });

  it('leaves to the next turn what is scheduled while it flushes', async () => {
    const flusher = new TurnFlusher();
    let flushes = 0;
    const target = {
      flush: (): void => {
        if (++flushes < 3) flusher.schedule(target);
      },
    };
    flusher.schedule(target);
    for (let turn = 1; turn <= 3; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      expect(flushes).toBe(turn);
    }
  });
});

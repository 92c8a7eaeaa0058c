import { Ticker } from './ticker';

describe('Ticker', () => {
  it('ends what throws, says so, and tells the others the time', () => {
    const faults: unknown[] = [];
    const ticker = new Ticker(
      () => 7,
      (error) => {
        faults.push(error);
      },
    );
    const fault = new TypeError('broken');
    const broken = {
      tick: () => {
        throw fault;
      },
      destroy: jest.fn(() => {
        throw new Error('that too');
      }),
    };
    const sound = { tick: jest.fn() };
    ticker.add(broken);
    ticker.add({
      tick: () => {
        throw fault;
      },
    });
    ticker.add(sound);
    ticker.tick();
    expect(broken.destroy).toHaveBeenCalledWith(fault);
    expect(sound.tick).toHaveBeenCalledWith(7);
    expect(faults).toEqual([fault, new Error('that too'), fault]);
  });

  it('throws on what nobody is told of', () => {
    const ticker = new Ticker(() => 0);
    ticker.add({
      tick: () => {
        throw new TypeError('broken');
      },
    });
    expect(() => {
      ticker.tick();
    }).toThrow(TypeError);
  });
});

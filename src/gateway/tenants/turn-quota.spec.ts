import { TurnQuota } from './turn-quota';

const turn = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('TurnQuota', () => {
  it('lets as many through in each turn as it is told, in their order', async () => {
    const quota = new TurnQuota(3);
    const through: number[] = [];
    for (let i = 0; i < 8; i += 1) void quota.enter().then(() => through.push(i));
    await Promise.resolve();
    expect(through).toEqual([0, 1, 2]);
    await turn();
    expect(through).toEqual([0, 1, 2, 3, 4, 5]);
    await turn();
    expect(through).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('lets nobody past those who wait', async () => {
    const quota = new TurnQuota(1);
    const through: string[] = [];
    for (const name of ['first', 'second', 'third']) void quota.enter().then(() => through.push(name));
    await turn();
    void quota.enter().then(() => through.push('late'));
    for (let i = 0; i < 4; i += 1) await turn();
    expect(through).toEqual(['first', 'second', 'third', 'late']);
  });

  it('makes nobody wait once there were turns enough', async () => {
    const quota = new TurnQuota(2);
    await Promise.all([quota.enter(), quota.enter(), quota.enter()]);
    await turn();
    await turn();
    let isThrough = false;
    void quota.enter().then(() => {
      isThrough = true;
    });
    await Promise.resolve();
    expect(isThrough).toBe(true);
  });
});

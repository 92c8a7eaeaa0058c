import type { TrafficRepository } from '@tollgate/domain';
import { FakeClock } from '@tollgate/testing';
import { MonthTraffic, monthName, monthOfDay } from './month-traffic';

const TOKENS = { rootId: 'tt_1', accountId: 'acc_1' };
const MONTH = monthOfDay(20_000);

describe('MonthTraffic', () => {
  let clock: FakeClock;
  let reads: { readonly days: object; readonly answer: (bytes: number) => void }[];
  let months: MonthTraffic;
  beforeEach(() => {
    clock = new FakeClock();
    reads = [];
    const repository = {
      rotatedTotal: (_tokens: object, days: object) =>
        new Promise<number>((resolve) => reads.push({ days, answer: resolve })),
    };
    months = new MonthTraffic(repository as unknown as TrafficRepository, clock);
  });
  const after = (bytes: number): Promise<number | undefined> =>
    months.totalAfter(TOKENS, MONTH, months.find(TOKENS, MONTH), bytes);
  const readAs = async (bytes: number, tookMs = 0): Promise<void> => {
    const total = after(0);
    clock.advance(tookMs);
    reads.at(-1)?.answer(bytes);
    expect(await total).toBe(bytes);
  };

  it('reads once, adds what is counted after that, and reads again when it is a second old', async () => {
    await readAs(100);
    expect(await after(7)).toBe(107);
    clock.advance(999);
    expect(await after(1)).toBe(108);
    expect(reads).toHaveLength(1);
    clock.advance(1);
    const total = after(5);
    expect(reads).toHaveLength(2);
    reads[1]?.answer(500);
    expect(await total).toBe(500);
  });

  it('adds no report that the sum may have in it', async () => {
    await readAs(100);
    // Handed to the store before that sum was read.
    expect(await months.totalAfter(TOKENS, MONTH, undefined, 7)).toBe(100);
  });

  it('lets nobody wait for longer than a second, and has the sum for those who come later', async () => {
    jest.useFakeTimers();
    const late = after(1);
    jest.advanceTimersByTime(999);
    await Promise.resolve();
    jest.advanceTimersByTime(1);
    expect(await late).toBeUndefined();
    jest.useRealTimers();
    const total = after(0);
    expect(reads).toHaveLength(1);
    reads[0]?.answer(40);
    expect(await total).toBe(40);
  });

  it('reads once for all who ask meanwhile', async () => {
    const totals = [after(1), after(2), after(3)];
    expect(reads).toHaveLength(1);
    reads[0]?.answer(50);
    expect(await Promise.all(totals)).toStrictEqual([50, 50, 50]);
  });

  it('keeps a sum for fifty times as long as it took, up to a minute, and not when the clock is set back', async () => {
    await readAs(1, 100);
    clock.advance(4_999);
    await after(0);
    expect(reads).toHaveLength(1);
    clock.advance(1);
    await readAs(2, 10_000);
    clock.advance(59_999);
    await after(0);
    expect(reads).toHaveLength(2);
    clock.advance(-60_000);
    void after(0);
    expect(reads).toHaveLength(3);
  });

  it('tells months, accounts and tokens apart', async () => {
    await readAs(100);
    void months.totalAfter(TOKENS, MONTH + 1, undefined, 0);
    void months.totalAfter({ ...TOKENS, accountId: 'acc_2' }, MONTH, undefined, 0);
    void months.totalAfter({ rootId: 'tt_1' }, MONTH, undefined, 0);
    void months.totalAfter({ ...TOKENS, rootId: 'tt_2' }, MONTH, undefined, 0);
    expect(reads).toHaveLength(5);
  });

  it('reads again after a failure', async () => {
    let failures = 1;
    const repository = {
      rotatedTotal: () => (failures-- > 0 ? Promise.reject(new Error('away')) : Promise.resolve(9)),
    };
    const failing = new MonthTraffic(repository as unknown as TrafficRepository, clock);
    await expect(failing.totalAfter(TOKENS, MONTH, undefined, 0)).rejects.toThrow('away');
    expect(await failing.totalAfter(TOKENS, MONTH, undefined, 0)).toBe(9);
  });

  it.each([
    ['2026-12-31', '2026-12', '2026-12-01', '2027-01-01'],
    ['2028-02-29', '2028-02', '2028-02-01', '2028-03-01'],
  ])('knows the month of %s', async (day, name, from, to) => {
    const dayOf = (text: string): number => Date.parse(text) / 86_400_000;
    const month = monthOfDay(dayOf(day));
    expect(monthName(month)).toBe(name);
    void months.totalAfter(TOKENS, month, undefined, 0);
    expect(reads[0]?.days).toStrictEqual({ fromDay: dayOf(from), toDay: dayOf(to) });
  });
});

import { MonthTotals, monthOf } from './month-totals';

describe('MonthTotals', () => {
  it('begins a month at its first instant in UTC', () => {
    const newYear = Date.parse('2027-01-01T00:00:00Z');
    expect(monthOf(newYear) - monthOf(newYear - 1)).toBe(1);
    expect(monthOf(Date.parse('2027-01-31T23:59:59Z'))).toBe(monthOf(newYear));
  });

  it('adds up within a month, begins anew with the next, and takes nothing for one that is over', () => {
    const totals = new MonthTotals();
    totals.add('a', 7, 10);
    expect(totals.add('a', 7, 5)?.bytes).toBe(15);
    expect(totals.add('a', 8, 1)).toStrictEqual({ month: 8, bytes: 1, level: 0 });
    expect(totals.add('a', 7, 100)).toBeUndefined();
    expect(totals.find('a', 7)).toBeUndefined();
    expect(totals.find('a', 8)?.bytes).toBe(1);
  });
});

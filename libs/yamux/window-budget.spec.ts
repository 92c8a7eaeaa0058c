import { WindowBudget } from './window-budget';

describe('WindowBudget', () => {
  it('gives out what there is to the last byte, and no more', () => {
    const budget = new WindowBudget(10);
    expect([budget.take(6), budget.take(5), budget.take(4), budget.usedBytes]).toEqual([true, false, true, 10]);
    budget.release(4);
    expect(budget.take(4)).toBe(true);
  });

  it('takes nothing back when it is made smaller, and gives nothing until that has come back', () => {
    const budget = new WindowBudget(10);
    budget.take(8);
    budget.setTotal(5);
    expect([budget.totalBytes, budget.usedBytes, budget.take(1)]).toEqual([5, 8, false]);
    budget.release(4);
    expect([budget.take(2), budget.take(1)]).toEqual([false, true]);
    budget.setTotal(100);
    expect(budget.take(95)).toBe(true);
  });
});

import fc from 'fast-check';
import { MonthTotals, monthOf } from './month-totals';

describe('MonthTotals', () => {
  it('begins a month at its first instant in UTC', () => {
    const newYear = Date.parse('2027-01-01T00:00:00Z');
    expect(monthOf(newYear) - monthOf(newYear - 1)).toBe(1);
    expect(monthOf(Date.parse('2027-01-31T23:59:59Z'))).toBe(monthOf(newYear));
  });

  it('forgets months that are over, and those that only a wrong clock can have seen', () => {
    const totals = new MonthTotals();
    for (const month of [6, 7, 8, 9]) totals.add(`of ${String(month)}`, month, 1);
    totals.prune(7);
    expect([...totals.entries()].map(([key]) => key)).toEqual(['of 7', 'of 8']);
  });

  it('adds up within a month, begins anew with the next, and takes nothing for one that is over', () => {
    const totals = new MonthTotals();
    totals.add('a', 7, 10);
    expect(totals.add('a', 7, 5)?.bytes).toBe(15);
    expect(totals.add('a', 8, 1)).toMatchObject({ month: 8, bytes: 1, level: 0 });
    expect(totals.add('a', 7, 100)).toBeUndefined();
    expect(totals.find('a', 7)).toBeUndefined();
    expect(totals.find('a', 8)?.bytes).toBe(1);
  });

  describe('what others have moved', () => {
    const MONTH = 7;

    it('is what the receiver tells beyond what it has, or may have, of this gateway', () => {
      const totals = new MonthTotals();
      totals.noteSending('a', MONTH, 100);
      totals.noteSending('a', MONTH, 30);
      totals.noteSettled('a', MONTH, 100, true);
      totals.noteHeard('a', MONTH, 175);
      expect(totals.find('a', MONTH)?.elsewhere).toBe(45);
      totals.noteSettled('a', MONTH, 30, false);
      totals.noteHeard('a', MONTH, 175);
      expect(totals.find('a', MONTH)?.elsewhere).toBe(75);
    });

    it('never shrinks within a month, and is nothing in the next', () => {
      const totals = new MonthTotals();
      totals.add('a', MONTH, 1);
      totals.noteHeard('a', MONTH, 50);
      totals.noteHeard('a', MONTH, 20);
      expect(totals.find('a', MONTH)?.elsewhere).toBe(50);
      totals.add('a', MONTH + 1, 1);
      totals.noteHeard('a', MONTH, 90);
      expect(totals.find('a', MONTH + 1)?.elsewhere).toBe(0);
    });

    it('counts a late report of the month before into no other', () => {
      const totals = new MonthTotals();
      totals.noteSending('a', MONTH, 100);
      totals.add('a', MONTH + 1, 1);
      totals.noteSettled('a', MONTH, 100, true);
      totals.noteHeard('a', MONTH + 1, 60);
      expect(totals.find('a', MONTH + 1)).toMatchObject({ acknowledged: 0, inFlight: 0, elsewhere: 60 });
    });

    it('is never more than others have reported, in whatever order answers come, and all of it in the end', () => {
      const step = fc.record({
        what: fc.constantFrom('send', 'count', 'answer', 'elsewhere'),
        pick: fc.nat(7),
        bytes: fc.integer({ min: 1, max: 1_000 }),
      });
      fc.assert(
        fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
          const totals = new MonthTotals();
          // Sent, then counted by the receiver, whose answer with its total is then on its way.
          const sent: number[] = [];
          const counted: { readonly bytes: number; readonly total: number }[] = [];
          let atReceiver = 0;
          let others = 0;
          const take = <T>(list: T[], pick: number): T | undefined => list.splice(pick % (list.length || 1), 1)[0];
          const count = (pick: number): void => {
            const bytes = take(sent, pick);
            if (bytes === undefined) return;
            atReceiver += bytes;
            counted.push({ bytes, total: atReceiver });
          };
          const answer = (pick: number): void => {
            const receipt = take(counted, pick);
            if (receipt === undefined) return;
            totals.noteSettled('a', MONTH, receipt.bytes, true);
            totals.noteHeard('a', MONTH, receipt.total);
          };
          for (const { what, pick, bytes } of steps) {
            if (what === 'send') {
              totals.noteSending('a', MONTH, bytes);
              sent.push(bytes);
            } else if (what === 'count') count(pick);
            else if (what === 'answer') answer(pick);
            else {
              others += bytes;
              atReceiver += bytes;
            }
            expect(totals.find('a', MONTH)?.elsewhere ?? 0).toBeLessThanOrEqual(others);
          }
          totals.noteSending('a', MONTH, 1);
          sent.push(1);
          while (sent.length > 0) count(0);
          while (counted.length > 0) answer(0);
          expect(totals.find('a', MONTH)?.elsewhere).toBe(others);
        }),
        { numRuns: 300 },
      );
    });
  });
});

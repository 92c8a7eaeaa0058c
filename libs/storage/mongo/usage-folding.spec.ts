import { dayStart, usageDocumentId } from './schemas/token-usage.schema';
import { foldableDays, foldUpdates } from './usage-folding';

const FIRST = 20_457;
const folding = { limit: 10, isKnown: () => true };

function stored(day: number, hours: readonly number[], tokenId = 'tk_1') {
  return {
    _id: usageDocumentId(tokenId, day),
    token_id: tokenId,
    day: dayStart(day),
    hours: Object.fromEntries(hours.map((hour) => [String(hour), { valid: 1 }])),
  };
}

describe('foldableDays', () => {
  it('looks for whole days up to midnight, and in a day for the hours that have passed', () => {
    expect(foldableDays(FIRST * 24)).toStrictEqual({ hours: { $exists: true }, day: { $lt: dayStart(FIRST) } });
    expect(foldableDays(FIRST * 24 + 2)).toStrictEqual({
      hours: { $exists: true },
      $or: [
        { day: { $lt: dayStart(FIRST) } },
        { day: dayStart(FIRST), $or: [{ 'hours.0': { $exists: true } }, { 'hours.1': { $exists: true } }] },
      ],
    });
  });
});

describe('foldUpdates', () => {
  it('takes all hours of a day that is over, and what it knew of batches', () => {
    const beforeHour = (FIRST + 1) * 24;
    expect(foldUpdates([stored(FIRST, [0, 23])], { ...folding, beforeHour })).toStrictEqual({
      operations: [{ updateOne: { filter: { _id: 'tk_1/2026-01-04' }, update: { $unset: { hours: 1, batches: 1 } } } }],
      hours: 2,
    });
  });

  it('takes the oldest hours first when the day is not over or the limit does not reach', () => {
    const update = { $unset: { 'hours.2': 1, 'hours.10': 1 } };
    const operations = [{ updateOne: { filter: { _id: 'tk_1/2026-01-04' }, update } }];
    const day = stored(FIRST, [2, 10, 11]);
    expect(foldUpdates([day], { ...folding, beforeHour: FIRST * 24 + 11 })).toStrictEqual({ operations, hours: 2 });
    const limited = { ...folding, limit: 2, beforeHour: (FIRST + 1) * 24 };
    expect(foldUpdates([day, stored(FIRST, [1], 'tk_2')], limited)).toStrictEqual({ operations, hours: 2 });
  });

  it('finishes a day whose hours went one by one before', () => {
    const { operations, hours } = foldUpdates([stored(FIRST, [])], { ...folding, beforeHour: (FIRST + 1) * 24 });
    expect(operations).toHaveLength(1);
    expect(hours).toBe(0);
  });

  it('removes the day of a token that is gone', () => {
    const gone = { ...folding, beforeHour: (FIRST + 1) * 24, isKnown: () => false };
    expect(foldUpdates([stored(FIRST, [0])], gone)).toStrictEqual({
      operations: [{ deleteOne: { filter: { _id: 'tk_1/2026-01-04' } } }],
      hours: 1,
    });
  });
});

import type { TokenUsage } from '@tollgate/domain';
import { batchMark, BATCHES_REMEMBERED, usageUpdates } from './usage-updates';

/** 2026-01-04T00:00Z. */
const DAY = 20_457 * 24;
const PURGE_AT = new Date('2026-03-01T00:00:00Z');
const KNOWN = new Map([
  ['tk_1', { accountId: 'acc_1' }],
  ['tk_2', { accountId: 'acc_1', purgeAt: PURGE_AT }],
]);

const usage = (tokenId: string, hour: number, counts: TokenUsage['counts'], lastUsedSeconds?: number): TokenUsage => ({
  accountId: 'acc_1',
  tokenId,
  hour,
  counts,
  ...(lastUsedSeconds === undefined ? {} : { lastUsedAt: new Date(lastUsedSeconds * 1000) }),
});

const updates = (...entries: readonly TokenUsage[]) => usageUpdates({ id: 'b1', entries }, KNOWN);

describe('usageUpdates', () => {
  it('makes one update for each token and one for each of its days, whatever repetitions a batch holds', () => {
    const { tokens, days } = updates(
      usage('tk_1', DAY + 5, { valid: 1, scope: 2 }, 5),
      usage('tk_2', DAY + 5, { valid: 7 }, 1),
      usage('tk_1', DAY + 24, { valid: 2 }, 4),
      usage('tk_1', DAY + 5, { valid: 4 }, 3),
    );

    const mark = batchMark('b1');
    const remember = { $each: [mark], $slice: -BATCHES_REMEMBERED };
    expect(tokens).toHaveLength(2);
    expect(tokens[0]).toStrictEqual({
      filter: {
        token_id: 'tk_1',
        account_id: 'acc_1',
        deleted_at: { $exists: false },
        usage_batches: { $ne: mark },
      },
      update: {
        $inc: { total_requests: 7 },
        $max: { last_used_at: new Date(5000) },
        $push: { usage_batches: remember },
      },
    });
    expect(days.map(({ filter }) => filter['_id'])).toStrictEqual([
      'tk_1/2026-01-04',
      'tk_1/2026-01-05',
      'tk_2/2026-01-04',
    ]);
    expect(days[0]).toStrictEqual({
      filter: { _id: 'tk_1/2026-01-04', batches: { $ne: mark } },
      update: {
        $setOnInsert: { token_id: 'tk_1', account_id: 'acc_1', day: new Date('2026-01-04T00:00:00Z') },
        $inc: { 'counts.valid': 5, 'hours.5.valid': 5, 'counts.scope': 2, 'hours.5.scope': 2 },
        $push: { batches: remember },
      },
    });
  });

  it('counts refusals by hour and day alone', () => {
    const { tokens, days } = updates(usage('tk_1', DAY, { limited: 3 }));
    expect(tokens).toStrictEqual([]);
    expect(days[0]?.update.$inc).toStrictEqual({ 'counts.limited': 3, 'hours.0.limited': 3 });
  });

  it('gives the usage of a token the time at which the token goes', () => {
    const { days } = updates(usage('tk_2', DAY, { valid: 1 }, 1));
    expect(days[0]?.update.$setOnInsert).toMatchObject({ purge_at: PURGE_AT });
  });

  it.each([
    ['tokens that are not there', { ...usage('tk_3', DAY, { valid: 1 }, 1) }],
    ['tokens of another account', { ...usage('tk_1', DAY, { valid: 1 }, 1), accountId: 'acc_2' }],
    ['entries without counts', usage('tk_1', DAY, { valid: 0, scope: 0 })],
  ])('writes nothing for %s', (_name, entry) => {
    expect(updates(entry)).toStrictEqual({ tokens: [], days: [] });
  });
});

describe('batchMark', () => {
  it('is short, and another one for another batch', () => {
    expect(batchMark('x'.repeat(40))).toHaveLength(12);
    expect(batchMark(`${'x'.repeat(39)}a`)).not.toStrictEqual(batchMark(`${'x'.repeat(39)}b`));
  });
});

import { usageUpdates } from './usage-updates';

const usage = (tokenId: string, day: string, requests: number, second: number) => ({
  accountId: 'acc_1',
  tokenId,
  day,
  requests,
  lastUsedAt: new Date(second * 1000),
});

describe('usageUpdates', () => {
  it('makes one update for each token, so that its counts can only go together', () => {
    const updates = usageUpdates([
      usage('tk_1', '2026-01-04', 1, 5),
      usage('tk_2', '2026-01-04', 7, 1),
      usage('tk_1', '2026-01-05', 2, 4),
      usage('tk_1', '2026-01-04', 4, 3),
    ]);

    expect(updates).toHaveLength(2);
    expect(updates[0]).toStrictEqual({
      updateOne: {
        filter: { token_id: 'tk_1', account_id: 'acc_1', deleted_at: { $exists: false } },
        update: {
          $inc: { total_requests: 7, 'daily_requests.2026-01-04': 5, 'daily_requests.2026-01-05': 2 },
          $max: { last_used_at: new Date(5000) },
        },
      },
    });
  });

  it('keeps the tokens of two accounts apart', () => {
    const other = { ...usage('tk_1', '2026-01-04', 1, 1), accountId: 'acc_2' };
    expect(usageUpdates([usage('tk_1', '2026-01-04', 1, 1), other])).toHaveLength(2);
  });
});

import type { TokenUsage } from '@tollgate/domain';
import type { AnyObject, mongo } from 'mongoose';

interface Sum {
  readonly accountId: string;
  readonly tokenId: string;
  readonly days: Map<string, number>;
  total: number;
  lastUsedAt: Date;
}

/** The updates for a batch of usage: exactly one for each token, whatever days and repetitions the batch holds. */
export function usageUpdates(batch: readonly TokenUsage[]): mongo.AnyBulkWriteOperation<AnyObject>[] {
  const sums = new Map<string, Sum>();
  for (const usage of batch) add(sums, usage);
  return [...sums.values()].map(({ accountId, tokenId, days, total, lastUsedAt }) => ({
    updateOne: {
      filter: { token_id: tokenId, account_id: accountId, deleted_at: { $exists: false } },
      update: {
        $inc: {
          total_requests: total,
          ...Object.fromEntries([...days].map(([day, requests]) => [`daily_requests.${day}`, requests])),
        },
        $max: { last_used_at: lastUsedAt },
      },
    },
  }));
}

function add(sums: Map<string, Sum>, { accountId, tokenId, day, requests, lastUsedAt }: TokenUsage): void {
  const key = `${accountId}\n${tokenId}`;
  const sum = sums.get(key) ?? { accountId, tokenId, days: new Map<string, number>(), total: 0, lastUsedAt };
  sum.days.set(day, (sum.days.get(day) ?? 0) + requests);
  sum.total += requests;
  if (lastUsedAt > sum.lastUsedAt) sum.lastUsedAt = lastUsedAt;
  sums.set(key, sum);
}

import { randomHex, type Token, type TokenUsage, type UsageBatch, type UsageCounts } from '@tollgate/domain';

/** A batch with a unique id. */
export function buildUsageBatch(entries: readonly TokenUsage[], id = `batch-${randomHex(16)}`): UsageBatch {
  return { id, entries };
}

/** What one token did in one hour (whole hours since the epoch); `lastUsedAt` is absent unless given. */
export function buildUsage(
  token: Pick<Token, 'accountId' | 'id'>,
  hour: number,
  counts: UsageCounts,
  lastUsedAt?: Date,
): TokenUsage {
  return {
    accountId: token.accountId,
    tokenId: token.id,
    hour,
    counts,
    ...(lastUsedAt !== undefined && { lastUsedAt }),
  };
}

import { type TokenUsage, USAGE_RESULTS } from '@tollgate/domain';
import { RESULT_COUNT, usageResultCode } from './usage-result';

/**
 * Usage entries as they cross to the writer thread: by columns, which costs the event loop a quarter of what as many
 * objects do.
 */
export interface UsageEntries {
  readonly accountIds: readonly string[];
  readonly tokenIds: readonly string[];
  /** For each entry: hour, last use in milliseconds (`NaN`: none), then a count for each result in the order of its code. */
  readonly numbers: Float64Array;
}

/** One entry, read from its columns. */
export interface UsageEntry {
  readonly accountId: string;
  readonly tokenId: string;
  /** Since the epoch. */
  readonly hour: number;
  readonly lastUsedAtMs: number | null;
  /** By code. */
  readonly counts: Float64Array;
}

const HEAD = 2;
const STRIDE = HEAD + RESULT_COUNT;

/** Puts entries into columns; a last use without a valid one is left out. */
export function packUsage(entries: readonly TokenUsage[]): UsageEntries {
  const numbers = new Float64Array(entries.length * STRIDE);
  entries.forEach(({ hour, counts, lastUsedAt }, index) => {
    const start = index * STRIDE;
    numbers[start] = hour;
    for (const result of USAGE_RESULTS) numbers[start + HEAD + usageResultCode(result)] = counts[result] ?? 0;
    numbers[start + 1] = (counts.valid ?? 0) > 0 && lastUsedAt !== undefined ? lastUsedAt.getTime() : NaN;
  });
  return {
    accountIds: entries.map(({ accountId }) => accountId),
    tokenIds: entries.map(({ tokenId }) => tokenId),
    numbers,
  };
}

/** Entries out of their columns, in their order. */
export function unpackUsage({ accountIds, tokenIds, numbers }: UsageEntries): UsageEntry[] {
  return tokenIds.map((tokenId, index) => {
    const row = numbers.subarray(index * STRIDE, (index + 1) * STRIDE);
    const [hour = 0, lastUsedAtMs = NaN] = row;
    return {
      accountId: accountIds[index] ?? '',
      tokenId,
      hour,
      lastUsedAtMs: Number.isNaN(lastUsedAtMs) ? null : lastUsedAtMs,
      counts: row.subarray(HEAD),
    };
  });
}

import { USAGE_RESULTS, type UsageResult } from '@tollgate/domain';

/** How results are stored. A number that was released keeps its meaning. */
const CODES: Readonly<Record<UsageResult, number>> = {
  valid: 0,
  scope: 1,
  inactive: 2,
  expired: 3,
  suspended: 4,
  limited: 5,
};

const RESULTS = new Map(USAGE_RESULTS.map((result) => [CODES[result], result]));

/** The stored form of the result that counts into totals. */
export const VALID = CODES.valid;

/** How many results there are; their numbers are the ones below it. */
export const RESULT_COUNT = USAGE_RESULTS.length;

/** The stored form of a result. */
export function usageResultCode(result: UsageResult): number {
  return CODES[result];
}

/**
 * @param code as {@link usageResultCode} gave it
 * @throws Error for any other number
 */
export function usageResultOf(code: number): UsageResult {
  const result = RESULTS.get(code);
  if (result === undefined) throw new Error(`the store holds an unknown usage result: ${String(code)}`);
  return result;
}

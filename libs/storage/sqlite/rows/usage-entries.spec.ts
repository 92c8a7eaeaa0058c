import { USAGE_RESULTS } from '@tollgate/domain';
import { buildUsage } from '@tollgate/testing';
import { packUsage, unpackUsage } from './usage-entries';
import { usageResultCode, usageResultOf } from './usage-result';

const token = { accountId: 'acc_1', id: 'tk_1' };
const other = { accountId: 'acc_2', id: 'tk_2' };

describe('usage entries in columns', () => {
  it('come out as they went in, each with its counts by code', () => {
    const packed = packUsage([
      buildUsage(token, 490_000, { valid: 3, limited: 2 ** 40 }, new Date(1_700_000_000_123)),
      buildUsage(other, 0, { scope: 1, inactive: 2, expired: 3, suspended: 4 }),
    ]);

    expect(unpackUsage(packed)).toStrictEqual([
      {
        accountId: 'acc_1',
        tokenId: 'tk_1',
        hour: 490_000,
        lastUsedAtMs: 1_700_000_000_123,
        counts: Float64Array.of(3, 0, 0, 0, 0, 2 ** 40),
      },
      { accountId: 'acc_2', tokenId: 'tk_2', hour: 0, lastUsedAtMs: null, counts: Float64Array.of(0, 1, 2, 3, 4, 0) },
    ]);
  });

  it('leave out a last use without a valid one, and keep one at the epoch', () => {
    const packed = packUsage([
      buildUsage(token, 0, { scope: 1 }, new Date(5)),
      buildUsage(token, 0, { valid: 1 }, new Date(0)),
    ]);

    expect(unpackUsage(packed).map(({ lastUsedAtMs }) => lastUsedAtMs)).toStrictEqual([null, 0]);
  });
});

describe('the stored form of a result', () => {
  it('is the number that released databases hold', () => {
    expect(Object.fromEntries(USAGE_RESULTS.map((result) => [result, usageResultCode(result)]))).toStrictEqual({
      valid: 0,
      scope: 1,
      inactive: 2,
      expired: 3,
      suspended: 4,
      limited: 5,
    });
  });

  it('is read back, and refused when no result has it', () => {
    for (const result of USAGE_RESULTS) expect(usageResultOf(usageResultCode(result))).toBe(result);
    expect(() => usageResultOf(99)).toThrow('unknown usage result: 99');
  });
});

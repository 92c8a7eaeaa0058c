import type { Change } from '@tollgate/domain';
import fc from 'fast-check';
import { decodeChangeMessage, encodeChangeMessage } from './change-message';
import { REDIS_LIMITS } from './limits';

const anyChange: fc.Arbitrary<Change> = fc.oneof(
  fc.stringMatching(/^[0-9a-f]{64}$/).map((tokenHash) => ({ kind: 'token' as const, tokenHash })),
  fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/).map((accountId) => ({ kind: 'account' as const, accountId })),
  fc.constant({ kind: 'all' as const }),
);

describe('a message of changes', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(fc.array(anyChange), (changes) => {
        expect(decodeChangeMessage(encodeChangeMessage({ from: 'ab12', changes }))).toStrictEqual({
          from: 'ab12',
          changes,
        });
      }),
    );
  });

  it('is never too long to be read when it is as full as it may be', () => {
    const changes = Array.from({ length: REDIS_LIMITS.changesPerMessage }, () => ({
      kind: 'token' as const,
      tokenHash: 'f'.repeat(64),
    }));
    expect(decodeChangeMessage(encodeChangeMessage({ from: 'ab12', changes }))?.changes).toHaveLength(changes.length);
  });

  it('is read up to the longest length and not beyond', () => {
    const text = encodeChangeMessage({ from: 'ab12', changes: [{ kind: 'all' }] });
    expect(decodeChangeMessage(text.padEnd(REDIS_LIMITS.changeMessageLength))).toBeDefined();
    expect(decodeChangeMessage(text.padEnd(REDIS_LIMITS.changeMessageLength + 1))).toBeUndefined();
  });

  it.each([
    '',
    'x',
    'null',
    '[]',
    '{"changes":[]}',
    '{"from":"","changes":[]}',
    '{"from":1,"changes":[]}',
    '{"from":"a"}',
    '{"from":"a","changes":{}}',
    '{"from":"a","changes":[null]}',
    '{"from":"a","changes":[{"kind":"other"}]}',
    '{"from":"a","changes":[{"kind":"token","tokenHash":"00"}]}',
    '{"from":"a","changes":[{"kind":"account"}]}',
    '{"from":"a","changes":[{"kind":"all"},{"kind":"account","accountId":"a b"}]}',
  ])('is not %s', (text) => {
    expect(decodeChangeMessage(text)).toBeUndefined();
  });

  it('is not arbitrary text, which does no harm', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(decodeChangeMessage(text)).toBeUndefined();
      }),
    );
  });
});

import { TollgateError } from '@tollgate/domain';
import fc from 'fast-check';
import { resolveExpiry } from './expiry';

const now = new Date('2026-01-04T10:00:00.000Z');
const after = (seconds: number): Date => new Date(now.getTime() + seconds * 1_000);

function refusal(request: Parameters<typeof resolveExpiry>[0]): string {
  try {
    resolveExpiry(request, now);
  } catch (error) {
    if (error instanceof TollgateError && error.code === 'invalid_request') return error.message;
    throw error;
  }
  return 'accepted';
}

describe('resolveExpiry', () => {
  it.each([{}, { expires_in_seconds: 0 }, { expires_in: 0, expires_in_days: 0 }, { expires_in_seconds: null }])(
    'is never for %j',
    (request) => {
      expect(resolveExpiry(request, now)).toBeUndefined();
    },
  );

  it('counts seconds and days from now', () => {
    expect(resolveExpiry({ expires_in_seconds: 1 }, now)).toEqual(after(1));
    expect(resolveExpiry({ expires_in: 3_600 }, now)).toEqual(after(3_600));
    expect(resolveExpiry({ expires_in_days: 90 }, now)).toEqual(after(90 * 86_400));
  });

  it('takes an instant in any zone', () => {
    expect(resolveExpiry({ expires_at: '2026-01-04T12:00:00+01:00' }, now)).toEqual(after(3_600));
  });

  it('takes the same lifetime under two names', () => {
    expect(resolveExpiry({ expires_in_seconds: 86_400, expires_in: 86_400, expires_in_days: 1 }, now)).toEqual(
      after(86_400),
    );
  });

  it('refuses two lifetimes that differ by as little as a second, and names both', () => {
    expect(refusal({ expires_in_seconds: 60, expires_in: 61 })).toBe(
      'expires_in: differs from expires_in_seconds; give one expiry',
    );
    expect(refusal({ expires_in: 86_399, expires_in_days: 1 })).toBe(
      'expires_in_days: differs from expires_in; give one expiry',
    );
  });

  it('refuses an instant that is not the end of the lifetime', () => {
    expect(refusal({ expires_in_seconds: 60, expires_at: '2026-01-04T10:01:00Z' })).toBe('accepted');
    expect(refusal({ expires_in_seconds: 60, expires_at: '2026-01-04T10:01:01Z' })).toBe('accepted');
    expect(refusal({ expires_in_seconds: 60, expires_at: '2026-01-04T10:01:01.001Z' })).toBe(
      'expires_at: differs from expires_in_seconds; give one expiry',
    );
  });

  it('refuses an instant that has come already', () => {
    for (const instant of ['2026-01-04T10:00:00Z', '2025-01-01T00:00:00Z', '0001-01-01T00:00:00Z']) {
      expect(refusal({ expires_at: instant })).toBe('expires_at: must be in the future');
    }
    expect(refusal({ expires_at: '2026-01-04T10:00:00.001Z' })).toBe('accepted');
  });

  it('lets a 0 stand beside any other expiry', () => {
    expect(resolveExpiry({ expires_in_seconds: 0, expires_in: 60 }, now)).toEqual(after(60));
    expect(resolveExpiry({ expires_in_seconds: 0, expires_at: '2026-01-04T10:01:00Z' }, now)).toEqual(after(60));
  });

  it('answers whatever passed the schema with an end in the future, none, or a refusal', () => {
    const lifetime = fc.option(fc.nat({ max: 3_153_600_000 }), { nil: undefined });
    fc.assert(
      fc.property(
        lifetime,
        lifetime,
        fc.option(fc.nat({ max: 36_500 })),
        (expires_in_seconds, expires_in, expires_in_days) => {
          const request = { expires_in_seconds, expires_in, expires_in_days };
          if (refusal(request) !== 'accepted') return;
          const end = resolveExpiry(request, now);
          expect(end === undefined || end > now).toBe(true);
        },
      ),
    );
  });
});

import { z } from 'zod';
import { registerBody } from '../accounts/account.schemas';
import { operatorAuditQuery } from '../audit/audit.schemas';
import { listAccountsQuery, setRateLimitBody } from '../operator/operator.schemas';
import { createTokenBody, listTokensQuery, setStatusBody } from '../tokens/token.schemas';
import { describeIssues, useFieldMessages } from './validation-messages';

beforeAll(() => {
  useFieldMessages();
});
afterAll(() => {
  z.config({ customError: undefined });
});

function messageFor(schema: z.ZodType, value: unknown): string {
  const result = schema.safeParse(value);
  return result.success ? 'accepted' : describeIssues(result.error.issues);
}
const token = (fields: Record<string, unknown>): string => messageFor(createTokenBody, { description: 'd', ...fields });

describe('refusals of a body', () => {
  it('name each field at fault, in the words of a caller', () => {
    expect(messageFor(registerBody, {})).toBe('email: is required; company: is required; password: is required');
    expect(messageFor(registerBody, { email: 5, company: [], password: null })).toBe(
      'email: must be a text; company: must be a text; password: must be a text',
    );
    expect(messageFor(setStatusBody, { is_active: 'true' })).toBe('is_active: must be true or false');
  });

  it.each([undefined, null, [], 'text', 5, true])('say of the body %j that it must be an object', (body) => {
    expect(messageFor(createTokenBody, body)).toMatch(/^request: (?:is required|must be a JSON object)$/);
  });

  it.each([
    [{ description: '' }, 'description: must not be empty'],
    [{ description: '  ' }, 'description: must not be blank'],
    [{ description: 'a\0b' }, 'description: must not contain control characters'],
    [{ description: 'a\ud800' }, 'description: must not contain'],
    [{ description: 'a'.repeat(513) }, 'description: must have at most 512 characters'],
    [{ scope: 'storage:read' }, 'scope: must be a list'],
    [{ scope: ['storage:read', 'storage'] }, 'scope.1: must be *, resource:action or resource:*'],
    [{ scope: [5] }, 'scope.0: must be a text'],
    [{ scope: Array.from({ length: 65 }, (_, index) => `a:b${String(index)}`) }, 'scope: must have at most 64 entries'],
    [{ prefix: 'Abc' }, 'prefix: must hold only lowercase letters, digits and underscores'],
    [{ prefix: 'a-b' }, 'prefix: must hold only lowercase'],
    [{ prefix: 'a'.repeat(13) }, 'prefix: must have at most 12 characters'],
    [{ prefix: '' }, 'prefix: must have 1 to 12 characters'],
    [{ expires_in_seconds: -1 }, 'expires_in_seconds: must not be negative'],
    [{ expires_in: -1 }, 'expires_in: must not be negative'],
    [{ expires_in_days: -1 }, 'expires_in_days: must not be negative'],
    [{ expires_in_seconds: 1.5 }, 'expires_in_seconds: must be a whole number'],
    [{ expires_in_seconds: '60' }, 'expires_in_seconds: must be a number'],
    [{ expires_in_seconds: 1e300 }, 'expires_in_seconds: must'],
    [{ expires_in_seconds: Number.POSITIVE_INFINITY }, 'expires_in_seconds: must be a number'],
    [{ expires_in_seconds: 3_153_600_001 }, 'expires_in_seconds: must not be more than 100 years'],
    [{ expires_at: '2026' }, 'expires_at: must be an RFC 3339 time'],
    [{ expires_at: '9999-12-31T23:59:59-12:00' }, 'expires_at: must be an RFC 3339 time'],
    [{ expires_at: 5 }, 'expires_at: must be a text'],
    [{ rate_limit: 5 }, 'rate_limit: must be a JSON object'],
    [{ rate_limit: { requests_per_minute: -1 } }, 'rate_limit.requests_per_minute: must not be negative'],
    [{ rate_limit: { requests_per_hour: 1.5 } }, 'rate_limit.requests_per_hour: must be a whole number'],
    [{ rate_limit: { requests_per_day: '9' } }, 'rate_limit.requests_per_day: must be a number'],
    [{ rate_limit: { requests_per_day: 1_000_000_001 } }, 'rate_limit.requests_per_day: must be at most 1000000000'],
  ])('say of %j: %s', (fields, message) => {
    expect(token(fields)).toContain(message);
  });

  it.each([
    { scope: null, prefix: null, rate_limit: null, expires_at: null, expires_in_seconds: null },
    { prefix: 'a' },
    { prefix: 'abcdefgh_012' },
    { expires_in_seconds: 0 },
    { expires_at: '9999-12-31T23:59:59Z' },
    { rate_limit: { requests_per_minute: 0 } },
    { extra: true, id: 5 },
  ])('let %j through', (fields) => {
    expect(token(fields)).toBe('accepted');
  });

  it.each([
    ['ops@example.com', true],
    ['OPS@Example.COM', true],
    ['a@b', true],
    ['', false],
    ['a', false],
    ['a@', false],
    ['@b.c', false],
    ['a b@c.d', false],
    ['a@b..c', false],
    ['a@b.c\0', false],
    ['a@b.c\n', false],
    [`a@${'b'.repeat(253)}`, false],
  ])('take %j for an email address: %s', (email, ok) => {
    const text = messageFor(registerBody, { email, company: 'C', password: '12345678' });
    if (ok) expect(text).toBe('accepted');
    else expect(text).toMatch(/^email: /);
  });

  it.each([
    ['1234567', false],
    ['12345678', true],
    ['a'.repeat(72), true],
    ['a'.repeat(73), false],
    ['ä'.repeat(36), true],
    [`${'ä'.repeat(36)}a`, false],
    ['12345678\0', false],
  ])('bound a password by 8 characters and 72 bytes: %j is fine: %s', (password, ok) => {
    const text = messageFor(registerBody, { email: 'a@b.c', company: 'C', password });
    if (ok) expect(text).toBe('accepted');
    else expect(text).toMatch(/^password: /);
  });

  it('are short, however much is wrong', () => {
    const scope = Array.from({ length: 64 }, () => 'x'.repeat(5_000));
    expect(token({ scope }).length).toBeLessThanOrEqual(500);
    const unknown = Object.fromEntries(
      Array.from({ length: 500 }, (_, index) => [`${'k'.repeat(100)}${String(index)}`, 1]),
    );
    expect(messageFor(setRateLimitBody, { rate_limit: null, ...unknown }).length).toBeLessThanOrEqual(500);
  });

  it('never repeat a value', () => {
    const secret = 'hunter2';
    const text = messageFor(registerBody, { email: secret, company: { secret }, password: secret });
    expect(text).not.toContain(secret);
  });
});

describe('refusals of a query', () => {
  it.each([
    [{ limit: '0' }, 'limit: must be a whole number from 1 to 100'],
    [{ limit: '101' }, 'limit: must be a whole number from 1 to 100'],
    [{ limit: '-1' }, 'limit: must be'],
    [{ limit: '1.5' }, 'limit: must be'],
    [{ limit: '' }, 'limit: must be'],
    [{ limit: ' 5' }, 'limit: must be'],
    [{ limit: '5\0' }, 'limit: must be'],
    [{ limit: '1e1' }, 'limit: must be'],
    [{ limit: ['1', '2'] }, 'limit: must be a text'],
    [{ offset: '-1' }, 'offset: must be a whole number from 0 to 1000000000'],
    [{ offset: '99999999999999999999' }, 'offset: must be'],
    [{ active_only: 'yes' }, 'active_only: must be true or false'],
  ])('say of %j: %s', (query, message) => {
    expect(messageFor(listTokensQuery, query)).toContain(message);
  });

  it('take the bounds themselves', () => {
    for (const query of [{}, { limit: '1' }, { limit: '100' }, { offset: '0' }, { active_only: 'true', other: 'x' }]) {
      expect(messageFor(listTokensQuery, query)).toBe('accepted');
    }
  });

  it('name an unknown field on the routes of ours', () => {
    expect(messageFor(listAccountsQuery, { nope: '1' })).toBe('request: unknown field nope');
    expect(messageFor(operatorAuditQuery, { nope: '1' })).toBe('request: unknown field nope');
    expect(messageFor(setRateLimitBody, { rate_limit: null, nope: 1 })).toBe('request: unknown field nope');
  });
});

describe('the order of limits', () => {
  it.each([
    [{ requests_per_minute: 10, requests_per_hour: 10, requests_per_day: 10 }, 'accepted'],
    [
      { requests_per_minute: 11, requests_per_hour: 10 },
      'requests_per_hour: must not be less than requests_per_minute',
    ],
    [{ requests_per_minute: 11, requests_per_day: 10 }, 'requests_per_day: must not be less than requests_per_minute'],
    [{ requests_per_minute: 11, requests_per_hour: 0, requests_per_day: 20 }, 'accepted'],
  ])('of %j: %s', (rateLimit, message) => {
    expect(token({ rate_limit: rateLimit })).toContain(message);
  });
});

import { inspect } from 'node:util';
import { StubFetch, type StubAnswer } from '../../test/support/stub-fetch';
import { TollgateApiError, TollgateTransportError, TollgateUsageError } from './errors';
import { TokenValidator } from './token-validator';
import type { CacheOptions } from './verdict-cache';

const TOKEN = 'sk-value-that-must-not-be-seen';
const VALID = {
  json: { valid: true, message: 'Token is valid', token_info: { token_id: 'tk_1', scope: ['a:b'], is_active: true } },
};
const REVOKED = { status: 401, json: { valid: false, message: 'Token not found' } };

interface SetUp {
  readonly validator: TokenValidator;
  readonly stub: StubFetch;
  readonly clock: { ms: number };
}

function setUp(answers: StubAnswer[], cache?: CacheOptions): SetUp {
  const stub = new StubFetch(...answers);
  const clock = { ms: Date.UTC(2026, 0, 4, 10), nowMs: () => clock.ms, wait: async () => undefined };
  const validator = new TokenValidator({ baseUrl: 'http://api.test', fetch: stub.fetch, clock, cache });
  return { validator, stub, clock };
}

describe('TokenValidator', () => {
  it('sends the token as a bearer and asks for no scope unless told', async () => {
    const { validator, stub } = setUp([VALID]);

    const verdict = await validator.validate(TOKEN);

    expect(verdict).toEqual({ valid: true, token_info: VALID.json.token_info });
    expect(stub.last).toMatchObject({ url: 'http://api.test/api/v2/validate', method: 'POST', body: undefined });
    expect(stub.last.headers['authorization']).toBe(`Bearer ${TOKEN}`);
  });

  it.each([
    ['storage:read', '{"required_scope":"storage:read"}'],
    [['storage:read', 'cdn:purge'], '{"required_scope":["storage:read","cdn:purge"]}'],
  ])('asks for %j', async (requiredScope, body) => {
    const { validator, stub } = setUp([VALID]);

    await validator.validate(TOKEN, { requiredScope });

    expect(stub.last.body).toBe(body);
  });

  it.each([
    ['Token not found', 'not_found'],
    ['Token is inactive', 'inactive'],
    ['Token has expired', 'expired'],
    ['Account is suspended', 'account_suspended'],
    ['Permission denied', 'permission_denied'],
    ['Some day new', 'other'],
  ])('returns the refusal %j as reason %s', async (message, reason) => {
    const { validator } = setUp([{ status: 401, json: { valid: false, message } }]);

    await expect(validator.validate(TOKEN)).resolves.toEqual({ valid: false, reason, message });
  });

  it('hands on the permission check of a refusal', async () => {
    const permission_check = { requested: 'a:c', granted: false };
    const { validator } = setUp([
      { status: 401, json: { valid: false, message: 'Permission denied', permission_check } },
    ]);

    await expect(validator.validate(TOKEN, { requiredScope: 'a:c' })).resolves.toMatchObject({ permission_check });
  });

  it.each(['', 'two words', 'line\nbreak', 'ünicode', 'x'.repeat(513)])('refuses %j without asking', async (token) => {
    const { validator } = setUp([]);

    await expect(validator.validate(token)).resolves.toMatchObject({ valid: false, reason: 'malformed' });
  });

  it.each([400, 403, 429, 500, 503])('throws for a %i instead of judging, and does not repeat', async (status) => {
    const { validator, stub } = setUp([{ status, json: { error: 'no', code: status } }]);

    await expect(validator.validate(TOKEN)).rejects.toBeInstanceOf(TollgateApiError);
    expect(stub.sent).toHaveLength(1);
  });

  it.each<[string, StubAnswer]>([
    ['a broken connection', new TypeError('fetch failed')],
    ['a page that is not JSON', { text: 'ok' }],
    ['a 200 that does not say valid', { json: { valid: 'true', token_info: {} } }],
    ['a 200 without token_info', { json: { valid: true } }],
    ['an empty 200', { json: {} }],
  ])('throws for %s: nothing but a clear yes lets a token in', async (_name, answer) => {
    const { validator } = setUp([answer]);

    await expect(validator.validate(TOKEN)).rejects.toBeInstanceOf(TollgateTransportError);
  });

  it('asks every time without a cache, also for questions at the same time', async () => {
    const { validator, stub } = setUp([VALID, REVOKED, VALID]);

    await Promise.all([validator.validate(TOKEN), validator.validate(TOKEN)]);
    await validator.validate(TOKEN);

    expect(stub.sent).toHaveLength(3);
  });

  describe('with a cache', () => {
    const cache = { ttlMs: 5_000, maxEntries: 2 };

    it('reuses a positive verdict for ttlMs and not a millisecond longer', async () => {
      const { validator, stub, clock } = setUp([VALID, REVOKED], cache);
      await validator.validate(TOKEN);

      clock.ms += 4_999;
      await expect(validator.validate(TOKEN)).resolves.toMatchObject({ valid: true });
      expect(stub.sent).toHaveLength(1);

      clock.ms += 1;
      await expect(validator.validate(TOKEN)).resolves.toMatchObject({ valid: false });
    });

    it('never keeps a token past its own expiry', async () => {
      const expires_at = '2026-01-04T10:00:01Z';
      const { validator, clock } = setUp([{ json: { valid: true, token_info: { expires_at } } }, REVOKED], cache);
      await validator.validate(TOKEN);

      clock.ms += 1_000;

      await expect(validator.validate(TOKEN)).resolves.toMatchObject({ valid: false });
    });

    it('keeps refusals only when negativeTtlMs says so', async () => {
      const without = setUp([REVOKED, VALID], cache);
      await without.validator.validate(TOKEN);
      await expect(without.validator.validate(TOKEN)).resolves.toMatchObject({ valid: true });

      const withOne = setUp([REVOKED, VALID], { ...cache, negativeTtlMs: 100 });
      await withOne.validator.validate(TOKEN);
      await expect(withOne.validator.validate(TOKEN)).resolves.toMatchObject({ valid: false });
      withOne.clock.ms += 100;
      await expect(withOne.validator.validate(TOKEN)).resolves.toMatchObject({ valid: true });
    });

    it('keeps answers for different scopes apart, and takes the order of scopes for nothing', async () => {
      const { validator, stub } = setUp([VALID, REVOKED, VALID], cache);
      await validator.validate(TOKEN);
      await expect(validator.validate(TOKEN, { requiredScope: 'a:c' })).resolves.toMatchObject({ valid: false });
      await validator.validate(TOKEN, { requiredScope: ['a:b', 'a:c'] });
      await validator.validate(TOKEN, { requiredScope: ['a:c', 'a:b', 'a:c'] });

      expect(stub.sent).toHaveLength(3);
    });

    it('holds maxEntries verdicts and drops the least recently used', async () => {
      const { validator, stub } = setUp([VALID, VALID, VALID, VALID], cache);
      for (const token of ['t1', 't2', 't1', 't3', 't1']) await validator.validate(token);
      expect(stub.sent).toHaveLength(3);

      await validator.validate('t2');
      expect(stub.sent).toHaveLength(4);
    });

    it('sends equal questions that are asked at once a single time', async () => {
      const { validator, stub } = setUp([VALID], cache);

      const verdicts = await Promise.all(Array.from({ length: 20 }, async () => validator.validate(TOKEN)));

      expect(stub.sent).toHaveLength(1);
      expect(verdicts.every(({ valid }) => valid)).toBe(true);
    });

    it('tells every waiter of a fault, keeps nothing of it and asks again', async () => {
      const { validator } = setUp([{ status: 503 }, VALID], cache);

      const both = await Promise.allSettled([validator.validate(TOKEN), validator.validate(TOKEN)]);

      expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
      await expect(validator.validate(TOKEN)).resolves.toMatchObject({ valid: true });
    });

    it('does not keep a positive answer that was on its way when the cache was cleared', async () => {
      const { validator } = setUp([VALID, REVOKED], cache);
      const early = validator.validate(TOKEN);

      validator.clearCache();
      await early;

      await expect(validator.validate(TOKEN)).resolves.toMatchObject({ valid: false });
    });

    it('keeps no token: only hashes show when it is inspected', async () => {
      const { validator } = setUp([VALID], cache);
      await validator.validate(TOKEN);

      expect(inspect(validator, { depth: 9, showHidden: true })).not.toContain(TOKEN);
    });
  });

  it.each([
    { ttlMs: -1, maxEntries: 1 },
    { ttlMs: 1, maxEntries: 0 },
    { ttlMs: Infinity, maxEntries: 1 },
  ])('refuses the cache options %j', (cache) => {
    expect(() => setUp([], cache)).toThrow(TollgateUsageError);
  });
});

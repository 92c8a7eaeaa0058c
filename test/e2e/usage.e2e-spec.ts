import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeOnEachStore, useApi } from '../support/each-store';
import { eventually } from '../support/eventually';
import { Tenant, callWithBearer, newTenant, validate } from '../support/hmac-client';
import type { Answer, Json } from '../support/http-client';

const LIMITED = { ENABLE_TOKEN_RATE_LIMIT: 'true' };
const RESULTS = ['valid', 'scope', 'inactive', 'expired', 'suspended', 'limited'];
const NONE = Object.fromEntries(RESULTS.map((result) => [result, 0]));
const START = { hour: /^\d{4}-\d\d-\d\dT\d\d:00:00\.000Z$/, day: /^\d{4}-\d\d-\d\dT00:00:00\.000Z$/ };
const DAY_MS = 86_400_000;

/** The buckets of an answer as one: the hour may have ended meanwhile. */
function sumOf(usage: Answer): Json {
  const sum: Record<string, number> = { ...NONE };
  for (const bucket of usage.list('usage')) {
    for (const result of RESULTS) sum[result] = (sum[result] ?? 0) + Number(bucket[result]);
  }
  return sum;
}

describeOnEachStore('usage of a token', (start) => {
  const api = useApi(start, LIMITED);
  let tenant: Tenant;
  let token: Answer;
  beforeEach(async () => {
    tenant = await newTenant(api().url);
    token = await tenant.createToken({ scope: ['a:b'] });
  });

  const ask = async (query = ''): Promise<Answer> =>
    tenant.call('GET', `/api/v2/tokens/${token.string('token_id')}/usage${query}`);
  const stats = async (): Promise<Answer> => tenant.call('GET', `/api/v2/tokens/${token.string('token_id')}/stats`);
  const use = async (times: number, scope?: string): Promise<void> => {
    const body = scope === undefined ? undefined : { required_scope: scope };
    for (let count = 0; count < times; count += 1) await validate(api().url, token.string('token'), body);
  };
  const switchTo = async (isActive: boolean): Promise<Answer> =>
    tenant.call('PUT', `/api/v2/tokens/${token.string('token_id')}/status`, { is_active: isActive });

  it('is empty of a token that was never validated', async () => {
    const answer = await ask();
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      token_id: token.string('token_id'),
      granularity: 'day',
      from: expect.stringMatching(START.day),
      to: expect.stringMatching(START.day),
      usage: [],
      total: 0,
    });
    expect((await stats()).object('results')).toEqual(NONE);
  });

  it.each(['hour', 'day'] as const)('counts by %s how validations ended, up to this moment', async (granularity) => {
    await use(3);
    await use(2, 'c:d');
    await switchTo(false);
    await use(1);
    const answer = await ask(`?granularity=${granularity}`);
    expect(answer.body['granularity']).toBe(granularity);
    expect(sumOf(answer)).toEqual({ ...NONE, valid: 3, scope: 2, inactive: 1 });
    expect(answer.body['total']).toBe(6);
    for (const bucket of answer.list('usage')) {
      expect(Object.keys(bucket).sort()).toEqual([...RESULTS, 'start', 'total'].sort());
      expect(bucket['start']).toMatch(START[granularity]);
      expect(bucket['total']).toBe(RESULTS.reduce((sum, result) => sum + Number(bucket[result]), 0));
    }
  });

  it('adds up over flushes, the same to hours and days', async () => {
    for (let round = 1; round <= 3; round += 1) {
      await use(1);
      for (const granularity of ['hour', 'day']) {
        expect(sumOf(await ask(`?granularity=${granularity}`))).toEqual({ ...NONE, valid: round });
      }
    }
  });

  it('counts what the limits refuse, what is expired, and what a suspended account shows', async () => {
    token = await tenant.createToken({ rate_limit: { requests_per_minute: 2 } });
    await use(5);
    expect(sumOf(await ask())).toEqual({ ...NONE, valid: 2, limited: 3 });

    token = await tenant.createToken({ expires_in_seconds: 1 });
    await eventually(3_000, async () => {
      await use(1);
      expect(sumOf(await ask())['expired']).not.toBe(0);
    });

    token = await tenant.createToken();
    const setStatus = async (status: string): Promise<Answer> =>
      callWithBearer(api().url, api().operatorKey, 'PUT', `/api/v2/admin/accounts/${tenant.accountId}/status`, {
        status,
      });
    await setStatus('suspended');
    await use(2);
    await setStatus('active');
    expect(sumOf(await ask())).toEqual({ ...NONE, suspended: 2 });
  });

  it('has only valid uses in totals, last_used_at and daily_stats', async () => {
    await use(2, 'c:d');
    const before = await stats();
    expect(before.body).toMatchObject({ total_requests: 0, daily_stats: [], results: { ...NONE, scope: 2 } });
    expect(before.body).not.toHaveProperty('last_used_at');

    await use(2);
    const after = await stats();
    expect(after.body).toMatchObject({ total_requests: 2, results: { ...NONE, scope: 2, valid: 2 } });
    expect(after.list('daily_stats').reduce((sum, { requests }) => sum + Number(requests), 0)).toBe(2);
    expect(after.body).toHaveProperty('last_used_at');
  });

  it('shows the range that was asked for in whole hours or days, and nothing from outside it', async () => {
    await use(1);
    const past = await ask('?from=2026-01-01T10:30:00%2B01:00&to=2026-01-02T10:30:00Z&granularity=hour');
    expect(past.body).toMatchObject({
      from: '2026-01-01T09:00:00.000Z',
      to: '2026-01-02T11:00:00.000Z',
      usage: [],
      total: 0,
    });
    const days = await ask('?from=2025-12-31&to=2026-01-02');
    expect(days.body).toMatchObject({ from: '2025-12-31T00:00:00.000Z', to: '2026-01-02T00:00:00.000Z', total: 0 });
    const tomorrow = new Date(Date.now() + 2 * DAY_MS).toISOString().slice(0, 10);
    expect((await ask(`?to=${tomorrow}`)).body['total']).toBe(1);
    expect((await ask(`?to=${new Date(Date.now() - DAY_MS).toISOString().slice(0, 10)}`)).body['total']).toBe(0);
  });

  it.each([
    ['granularity=week', 'granularity: must be hour or day'],
    ['granularity=', 'granularity'],
    ['from=yesterday', 'from: must be an RFC 3339 time or a day'],
    ['to=2026-02-30', 'to: must be an RFC 3339 time or a day'],
    ['from=', 'from'],
    ['to=2026-01-01T00:00:00', 'to'],
    ['from=2026-01-02&to=2026-01-01', 'from: must be before to'],
    ['from=2026-01-02&to=2026-01-02', 'from: must be before to'],
    ['from=2999-01-01', 'from: must be before to'],
    ['from=2026-01-01&to=2026-02-06&granularity=hour', 'from: must be at most 35 days before to'],
    ['from=2025-01-01&to=2026-02-06', 'from: must be at most 400 days before to'],
    ['from=2026-01-01&from=2026-01-02', 'from'],
    ['limit=5', 'unknown field limit'],
    ['From=2026-01-01', 'unknown field From'],
  ])('refuses %s and names what is wrong', async (query, part) => {
    const answer = await ask(`?${query}`);
    expect([answer.status, answer.string('error')]).toEqual([400, expect.stringContaining(part)]);
  });

  it("answers another account's token exactly like a missing one", async () => {
    const stranger = await newTenant(api().url);
    for (const id of [token.string('token_id'), 'tk_none', 'not%20an%20id']) {
      for (const what of ['usage', 'usage?granularity=hour', 'stats', 'validations']) {
        expect((await stranger.call('GET', `/api/v2/tokens/${id}/${what}`)).refusal).toBe('404 token not found');
      }
    }
  });

  it('is gone with the token', async () => {
    await use(1);
    await tenant.call('DELETE', `/api/v2/tokens/${token.string('token_id')}`);
    expect((await ask()).refusal).toBe('404 token not found');
  });
});

describeOnEachStore('usage that was counted just before SIGTERM', (start) => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tollgate-usage-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('is there afterwards, result by result, and so is the validation log', async () => {
    const first = await start({ dataDir: folder });
    const tenant = await newTenant(first.url);
    await tenant.call('PUT', '/api/v2/accounts/me/validation-log', { enabled: true });
    const made = await tenant.createToken({ scope: ['a:b'] });
    for (let count = 0; count < 20; count += 1) {
      await validate(first.url, made.string('token'), { required_scope: count % 2 === 0 ? 'a:b' : 'c:d' });
    }
    expect(await first.stop('SIGTERM')).toBe(0);

    const second = await start({ dataDir: folder });
    try {
      const again = new Tenant(second.url, tenant.accountId, tenant.accessKey, tenant.secretKey);
      const path = `/api/v2/tokens/${made.string('token_id')}`;
      expect(sumOf(await again.call('GET', `${path}/usage`))).toEqual({ ...NONE, valid: 10, scope: 10 });
      expect((await again.call('GET', `${path}/validations?result=scope`)).body['total']).toBe(10);
      expect((await again.call('GET', `${path}/validations`)).body['total']).toBe(20);
    } finally {
      await second.stop();
    }
  });
});

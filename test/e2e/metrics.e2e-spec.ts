import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { useApi } from '../support/each-store';
import { eventually } from '../support/eventually';
import { type Tenant, newTenant, validate } from '../support/hmac-client';
import { type Answer, send } from '../support/http-client';

const DOCS = join(__dirname, '../../docs');
const READERS = '192.0.2.0/24';
/** Takes no connections: what would be told of Redis is told of one that is down. */
const NO_REDIS = 'redis://127.0.0.1:1';

const scrape = async (url: string, headers: Record<string, string> = {}): Promise<Answer> =>
  send(url, { method: 'GET', path: '/metrics', headers });

/** The value of one line, such as `name{label="value"}`; 0 where there is none. */
function valueOf(text: string, series: string): number {
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? 0 : Number(line.slice(series.length + 1));
}

/** Each line's name and labels, without its value. */
const seriesOf = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.slice(0, line.lastIndexOf(' ')));
const namesIn = (text: string): Set<string> => new Set(text.match(/\btollgate_[a-z0-9_]+/g));

describe('who may read metrics', () => {
  const api = useApi(undefined, { TRUST_PROXY: '127.0.0.1', METRICS_ALLOW: READERS });
  const direct = useApi();

  it('this machine itself, in the text format of Prometheus', async () => {
    const answer = await scrape(api().url);
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.text).toMatch(/^tollgate_build_info\{version="\d+\.\d+\.\d+",node="[\d.]+"\} 1$/m);
    expect(answer.text).toMatch(/^tollgate_store_info\{kind="sqlite"\} 1$/m);
    expect(answer.text.endsWith('\n')).toBe(true);
  });

  it('the networks in METRICS_ALLOW, through a named proxy', async () => {
    expect((await scrape(api().url, { 'X-Forwarded-For': '192.0.2.7' })).status).toBe(200);
    expect((await scrape(api().url, { 'X-Forwarded-For': '198.51.100.1, 192.0.2.7' })).status).toBe(200);
  });

  it.each([
    { 'X-Forwarded-For': '198.51.100.1' },
    { 'X-Forwarded-For': '192.0.2.7, 198.51.100.1' },
    { 'X-Forwarded-For': '127.0.0.1' },
    { 'X-Forwarded-For': '::1' },
    { Forwarded: 'for=192.0.2.7' },
    { 'X-Real-IP': '192.0.2.7' },
  ] as Record<string, string>[])('nobody else: %j', async (headers) => {
    const answer = await scrape(api().url, headers);
    expect([answer.status, answer.body]).toEqual([
      403,
      { error: 'permission denied', code: 403, timestamp: expect.any(String) },
    ]);
  });

  it('nothing that was forwarded, where no proxy is named', async () => {
    expect((await scrape(direct().url)).status).toBe(200);
    for (const address of ['127.0.0.1', '192.0.2.7']) {
      expect((await scrape(direct().url, { 'X-Forwarded-For': address })).status).toBe(403);
    }
  });
});

describe('what metrics tell', () => {
  const api = useApi(undefined, { ENABLE_TOKEN_RATE_LIMIT: 'true', UNKNOWN_TOKEN_LIMIT_PER_MINUTE: '2' });
  let tenant: Tenant;
  beforeAll(async () => {
    tenant = await newTenant(api().url);
  });
  const newToken = async (fields = {}): Promise<Answer> => tenant.createToken({ scope: ['a:b'], ...fields });

  it('every validation, once, by its result', async () => {
    const before = (await scrape(api().url)).text;
    const token = (await newToken({ rate_limit: { requests_per_minute: 2 } })).string('token');
    const free = (await newToken()).string('token');
    const off = await newToken();
    await tenant.call('PUT', `/api/v2/tokens/${off.string('token_id')}/status`, { is_active: false });
    const statuses = [];
    for (const [value, body] of [
      [token, undefined],
      [token, { required_scope: 'a:b' }],
      [token, undefined],
      [token, undefined],
      [free, { required_scope: 'x:y' }],
      [off.string('token'), undefined],
      ['sk-nobody', undefined],
      ['sk-nobody', undefined],
      ['sk-nobody', undefined],
    ] as const) {
      statuses.push((await validate(api().url, value, body)).status);
    }
    expect(statuses).toEqual([200, 200, 429, 429, 401, 401, 401, 401, 429]);

    const after = (await scrape(api().url)).text;
    const grown = (series: string): number => valueOf(after, series) - valueOf(before, series);
    const results = ['valid', 'scope', 'inactive', 'expired', 'suspended', 'limited', 'not_found', 'throttled'];
    const counts = results.map((result) => [result, grown(`tollgate_validations_total{result="${result}"}`)]);
    expect(Object.fromEntries(counts)).toEqual({
      valid: 2,
      scope: 1,
      inactive: 1,
      expired: 0,
      suspended: 0,
      limited: 2,
      not_found: 2,
      throttled: 1,
    });
    const refused = ['memory', 'denial']
      .map((source) => `tollgate_limiter_decisions_total{result="refused",layer="token",source="${source}"}`)
      .map(grown);
    expect(refused[0]! + refused[1]!).toBe(2);
    expect(grown('tollgate_limiter_decisions_total{result="refused",layer="address",source="memory"}')).toBe(1);

    const requests = 'tollgate_http_request_duration_seconds';
    const route = 'method="POST",route="/api/v2/validate"';
    expect(grown(`${requests}_count{${route},status="200"}`)).toBe(2);
    expect(grown(`${requests}_count{${route},status="401"}`)).toBe(4);
    expect(grown(`${requests}_bucket{le="+Inf",${route},status="429"}`)).toBe(3);
    expect(grown('tollgate_validation_cache_lookups_total{outcome="hit"}')).toBeGreaterThanOrEqual(3);
    expect(grown('tollgate_validation_cache_lookups_total{outcome="miss"}')).toBeGreaterThanOrEqual(1);
    expect(grown('tollgate_validation_cache_changes_total')).toBeGreaterThanOrEqual(1);
  });

  it('what was written in the background', async () => {
    await tenant.call('PUT', '/api/v2/accounts/me/validation-log', { enabled: true });
    await validate(api().url, (await newToken()).string('token'));
    await eventually(5_000, async () => {
      const { text } = await scrape(api().url);
      expect(valueOf(text, 'tollgate_usage_written_total')).toBeGreaterThan(0);
      expect(valueOf(text, 'tollgate_usage_batch_duration_seconds_count{outcome="written"}')).toBeGreaterThan(0);
      expect(valueOf(text, 'tollgate_usage_failing_seconds')).toBe(0);
    });
  });

  it('nothing of whoever asked: no secret, no id, no address, no path that nobody serves', async () => {
    const token = await newToken();
    await validate(api().url, token.string('token'));
    await validate(api().url, 'sk-a-value-of-a-stranger');
    await send(api().url, { method: 'GET', path: '/a-path-of-a-stranger?and=a-query' });
    await tenant.call('GET', `/api/v2/tokens/${token.string('token_id')}`);
    const { text } = await scrape(api().url);
    expect(text).toContain('route="none",status="404"');
    for (const word of [
      token.string('token'),
      token.string('token_id'),
      tenant.accountId,
      tenant.accessKey,
      tenant.secretKey,
      api().operatorKey,
      api().dataDir,
      'stranger',
      '127.0.0.1',
      'a-query',
    ]) {
      expect(text).not.toContain(word);
    }
  });

  it('no line twice', async () => {
    const series = seriesOf((await scrape(api().url)).text);
    expect(series.length).toBeGreaterThan(100);
    expect(new Set(series).size).toBe(series.length);
  });
});

describe('metrics with Redis down and a limit on the application', () => {
  const api = useApi(undefined, {
    REDIS_URL: NO_REDIS,
    ENABLE_APP_RATE_LIMIT: 'true',
    APP_RATE_LIMIT_PER_MINUTE: '2',
  });
  let text = '';
  beforeAll(async () => {
    for (let count = 0; count < 4; count += 1) await send(api().url, { method: 'GET', path: '/api/v2/permissions' });
    await validate(api().url, 'sk-nobody');
    ({ text } = await scrape(api().url));
  });

  it('tell that Redis is down, and that limits are counted without it', () => {
    expect(valueOf(text, 'tollgate_redis_up')).toBe(0);
    expect(text).toContain('\ntollgate_redis_up 0\n');
    expect(valueOf(text, 'tollgate_limiter_degraded_total{mode="local"}')).toBeGreaterThan(0);
    const refused = 'tollgate_limiter_decisions_total{result="refused",layer="app",source="fallback"}';
    expect(valueOf(text, refused)).toBeGreaterThan(0);
  });

  it('are read however much the application may take', async () => {
    for (let count = 0; count < 5; count += 1) expect((await scrape(api().url)).status).toBe(200);
  });

  const dashboard = readFileSync(join(DOCS, 'grafana/tollgate-api.json'), 'utf8');
  const alerts = readFileSync(join(DOCS, 'grafana/alerts.yml'), 'utf8');
  const operations = readFileSync(join(DOCS, 'operations.md'), 'utf8');

  it.each([
    ['dashboard', dashboard],
    ['alerts', alerts],
  ])('have every name that is used by the %s', (_, file) => {
    const told = new Set(seriesOf(text).map((series) => series.replace(/\{.*/, '')));
    // That of garbage collections has no series before the first one.
    for (const [, name = ''] of text.matchAll(/^# TYPE (\S+) histogram$/gm)) {
      for (const suffix of ['_bucket', '_sum', '_count']) told.add(`${name}${suffix}`);
    }
    const used = [...namesIn(file)];
    expect(used.length).toBeGreaterThan(5);
    expect(used.filter((name) => !told.has(name))).toEqual([]);
  });

  it('are all explained, and all on the dashboard', () => {
    const families = [...text.matchAll(/^# TYPE (tollgate_(?!nodejs_|process_)\S+)/gm)].map(([, name]) => name ?? '');
    expect(families.length).toBeGreaterThan(20);
    expect(families.filter((name) => !operations.includes(`\`${name}\``))).toEqual([]);
    expect(families.filter((name) => !dashboard.includes(name))).toEqual([]);
  });

  it('have alerts that the operations page shows as they are, with what to do for each', () => {
    expect(operations).toContain(`\`\`\`yaml\n${alerts}\`\`\``);
    const names = [...alerts.matchAll(/- alert: (\w+)/g)].map(([, name]) => name ?? '');
    expect(names.length).toBeGreaterThan(8);
    expect(names.filter((name) => !operations.includes(`| \`${name}\``))).toEqual([]);
  });
});

import { describeOnEachStore, useApi } from '../support/each-store';
import { type Tenant, callWithBearer, newTenant, signatureHeaders, uniqueDate } from '../support/hmac-client';
import { type Answer, send } from '../support/http-client';

const ME = '/api/v2/accounts/me';
const TOLERANCE_MS = 15 * 60_000;
/** Room for the clock to move on between our look at it and the server's. */
const SLACK_MS = 5_000;

describeOnEachStore('signed requests', (start) => {
  const api = useApi(start);
  let tenant: Tenant;
  beforeAll(async () => {
    tenant = await newTenant(api().url);
  });

  const me = async (headers: Record<string, string>): Promise<Answer> =>
    send(api().url, { method: 'GET', path: ME, headers });
  const date = (): string => new Date().toISOString();

  describe('are refused with the text of the contract', () => {
    it.each([
      ['no Authorization', {}, 'missing Authorization header'],
      ['not QINIU', { Authorization: 'Bearer abc' }, 'invalid Authorization header'],
      ['no signature', { Authorization: 'QINIU AK_x' }, 'invalid Authorization header'],
      ['no AccessKey', { Authorization: 'QINIU :c2ln' }, 'invalid Authorization header'],
      ['no date', { Authorization: 'QINIU AK_x:c2ln' }, 'missing X-Qiniu-Date header'],
    ])('%s', async (_, headers, error) => {
      const answer = await me(headers);
      expect(answer.status).toBe(401);
      expect(answer.body).toEqual({ error, code: 401, timestamp: expect.any(String) });
    });

    it.each(['now', '', '1767520800', '2026-01-04', '2026-01-04 10:00:00Z', 'Sun, 04 Jan 2026 10:00:00 GMT'])(
      'the date %j',
      async (text) => {
        const answer = await tenant.call('GET', ME, undefined, { date: text });
        expect(answer.refusal).toBe('401 invalid timestamp format');
      },
    );

    it.each([
      [TOLERANCE_MS - SLACK_MS, '200 undefined'],
      [-TOLERANCE_MS + SLACK_MS, '200 undefined'],
      [TOLERANCE_MS + SLACK_MS, '401 timestamp expired'],
      [-TOLERANCE_MS - SLACK_MS, '401 timestamp expired'],
    ])('a clock that is %d ms off: %s', async (offsetMs, outcome) => {
      const answer = await tenant.call('GET', ME, undefined, { date: uniqueDate(Date.now() + offsetMs) });
      expect(answer.refusal).toBe(outcome);
    });

    it('an unknown AccessKey and a wrong signature, the same to the byte', async () => {
      const unknown = await tenant.call('GET', ME, undefined, { accessKey: `AK_${'0'.repeat(32)}` });
      const wrong = await tenant.call('GET', ME, undefined, { secretKey: 'SK_wrong' });
      const masked = ({ text }: Answer): string => text.replace(/"timestamp":"[^"]+"/, '');
      expect(unknown.refusal).toBe('401 invalid signature');
      expect(masked(unknown)).toBe(masked(wrong));
      expect({ ...unknown.headers, date: '' }).toEqual({ ...wrong.headers, date: '' });
    });

    it('what was not signed: another method, path, date or body', async () => {
      const body = Buffer.from('{"description":"d"}');
      const headers = signatureHeaders(tenant, { method: 'POST', uri: '/api/v2/tokens', date: date(), body });
      const cases = [
        { method: 'PUT', path: '/api/v2/tokens/tk_1/status', headers, body },
        { method: 'POST', path: '/api/v2/accounts/regenerate-sk', headers, body },
        { method: 'POST', path: '/api/v2/tokens', headers: { ...headers, 'X-Qiniu-Date': uniqueDate() }, body },
        { method: 'POST', path: '/api/v2/tokens', headers, body: Buffer.from('{"description":"e"}') },
        { method: 'POST', path: '/api/v2/tokens', headers, body: Buffer.from('{"description":"d"} ') },
      ];
      for (const request of cases) expect((await send(api().url, request)).refusal).toBe('401 invalid signature');
      expect(await tenant.tokenTotal()).toBe(0);
    });

    it('a suspended account, but only after its signature held', async () => {
      const other = await newTenant(api().url);
      const path = `/api/v2/admin/accounts/${other.accountId}/status`;
      await callWithBearer(api().url, api().operatorKey, 'PUT', path, { status: 'suspended' });
      const answer = await other.call('GET', ME);
      expect(answer.status).toBe(403);
      expect(answer.body).toEqual({ error: 'account suspended', code: 403, timestamp: expect.any(String) });
      expect((await other.call('GET', ME, undefined, { secretKey: 'SK_wrong' })).refusal).toBe('401 invalid signature');
    });

    it('QiniuStub, which is off by default', async () => {
      expect((await me({ Authorization: 'QiniuStub uid=1&ut=1' })).refusal).toBe('401 invalid Authorization header');
    });
  });

  describe('cover the bytes of the body as they are', () => {
    it.each(['{ "description" : "d" }\n', '{"description":"ä€😀"}', '{"description":"\\u00e4"}'])(
      '%j',
      async (body) => {
        expect((await tenant.call('POST', '/api/v2/tokens', body)).status).toBe(201);
      },
    );
  });

  describe('with a query', () => {
    const path = '/api/v2/tokens?limit=5&offset=0';

    it.each([path, '/api/v2/tokens'])('are accepted when %s was signed', async (signedUri) => {
      expect((await tenant.call('GET', path, undefined, { signedUri })).status).toBe(200);
    });

    it.each(['/api/v2/tokens?limit=5', '/api/v2/tokens?limit=50&offset=0', '/api/v2/tokens?', '/api/v2'])(
      'are refused when %s was signed',
      async (signedUri) => {
        expect((await tenant.call('GET', path, undefined, { signedUri })).refusal).toBe('401 invalid signature');
      },
    );
  });

  describe('with Content-Type: application/json and no body', () => {
    it('are accepted on GET, DELETE and regenerate-sk', async () => {
      const other = await newTenant(api().url);
      const id = (await other.createToken()).string('token_id');
      for (const path of [
        ME,
        '/api/v2/tokens',
        `/api/v2/tokens/${id}`,
        `/api/v2/tokens/${id}/stats`,
        '/api/v2/audit-logs',
      ]) {
        expect((await other.call('GET', path)).status).toBe(200);
      }
      expect((await other.call('DELETE', `/api/v2/tokens/${id}`)).status).toBe(200);
      expect((await other.call('POST', '/api/v2/accounts/regenerate-sk')).status).toBe(200);
    });

    it.each(['application/x-www-form-urlencoded', 'text/plain', 'garbage', undefined])(
      'and under Content-Type %s with one, read as JSON',
      async (type) => {
        const answer = await tenant.call(
          'POST',
          '/api/v2/tokens',
          { description: 'd' },
          { headers: { 'Content-Type': type } },
        );
        expect(answer.status).toBe(201);
      },
    );

    it('DELETE takes a body too, when it is signed', async () => {
      const id = (await tenant.createToken()).string('token_id');
      expect((await tenant.call('DELETE', `/api/v2/tokens/${id}`, '{}')).status).toBe(200);
    });
  });

  describe('that change something', () => {
    it('count once when their date has a fraction', async () => {
      const options = { date: uniqueDate() };
      const first = await tenant.call('POST', '/api/v2/tokens', { description: 'd' }, options);
      expect(first.status).toBe(201);
      const total = await tenant.tokenTotal();
      const again = await tenant.call('POST', '/api/v2/tokens', { description: 'd' }, options);
      expect(again.status).toBe(401);
      expect(again.body).toEqual({ error: 'request replayed', code: 401, timestamp: expect.any(String) });
      expect(await tenant.tokenTotal()).toBe(total);
    });

    it('count once however many arrive at the same time', async () => {
      const options = { date: uniqueDate() };
      const total = await tenant.tokenTotal();
      const answers = await Promise.all(
        Array.from({ length: 20 }, async () => tenant.call('POST', '/api/v2/tokens', { description: 'd' }, options)),
      );
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
      expect(answers.filter((answer) => answer.refusal === '401 request replayed')).toHaveLength(19);
      expect(await tenant.tokenTotal()).toBe(total + 1);
    });

    it('may be repeated within a second when their date has none, as old clients sign', async () => {
      const options = { date: new Date().toISOString().replace(/\.\d+/, '') };
      for (let time = 0; time < 2; time += 1) {
        expect((await tenant.call('POST', '/api/v2/tokens', { description: 'd' }, options)).status).toBe(201);
      }
    });

    it('are not spent by somebody who has only seen them', async () => {
      const options = { date: uniqueDate() };
      const body = { description: 'd' };
      expect((await tenant.call('POST', '/api/v2/tokens', body, { ...options, secretKey: 'SK_wrong' })).status).toBe(
        401,
      );
      expect((await tenant.call('POST', '/api/v2/tokens', body, options)).status).toBe(201);
    });

    it('leave reads alone: a GET may be repeated', async () => {
      const options = { date: uniqueDate() };
      for (let time = 0; time < 3; time += 1) {
        expect((await tenant.call('GET', ME, undefined, options)).status).toBe(200);
      }
    });
  });
});

describe('HMAC_REQUIRE_SIGNED_QUERY, HMAC_REPLAY_PROTECTION=strict and HMAC_TIMESTAMP_TOLERANCE', () => {
  const api = useApi(undefined, {
    HMAC_REQUIRE_SIGNED_QUERY: 'true',
    HMAC_REPLAY_PROTECTION: 'strict',
    HMAC_TIMESTAMP_TOLERANCE: '90s',
  });

  it('refuse a query that was not signed, a repeat of whole seconds, and a clock that is two minutes off', async () => {
    const tenant = await newTenant(api().url);
    const path = '/api/v2/tokens?limit=5';
    expect((await tenant.call('GET', path)).status).toBe(200);
    expect((await tenant.call('GET', path, undefined, { signedUri: '/api/v2/tokens' })).refusal).toBe(
      '401 invalid signature',
    );

    const options = { date: new Date().toISOString().replace(/\.\d+/, '') };
    expect((await tenant.call('POST', '/api/v2/tokens', { description: 'd' }, options)).status).toBe(201);
    expect((await tenant.call('POST', '/api/v2/tokens', { description: 'd' }, options)).refusal).toBe(
      '401 request replayed',
    );

    const late = { date: uniqueDate(Date.now() - 120_000) };
    expect((await tenant.call('GET', '/api/v2/tokens', undefined, late)).refusal).toBe('401 timestamp expired');
  });
});

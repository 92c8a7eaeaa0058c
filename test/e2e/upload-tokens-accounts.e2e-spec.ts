import { describeOnEachStore, useApi } from '../support/each-store';
import { type Tenant, callWithBearer, newTenant } from '../support/hmac-client';
import { type Answer, type Json, send } from '../support/http-client';
import { ADMIN_KEY, issueUploadToken, uploadRefusal, verifyUploadToken } from '../support/upload-tokens';

const TOKENS = '/api/v2/upload-tokens';
const ADMIN_TOKENS = '/api/v2/admin/upload-tokens';

describeOnEachStore('upload tokens of accounts', (start) => {
  const api = useApi(start, {
    QINIU_STUB_ENABLED: 'true',
    QINIU_STUB_TRUSTED_CIDRS: '127.0.0.0/8',
    ENABLE_ACCOUNT_RATE_LIMIT: 'true',
    ENABLE_TOKEN_RATE_LIMIT: 'true',
  });
  let tenant: Tenant;
  beforeEach(async () => {
    tenant = await newTenant(api().url);
  });

  const operator = async (method: string, path: string, body?: unknown): Promise<Answer> =>
    callWithBearer(api().url, api().operatorKey, method, path, body);
  const withBearer = async (token: string, method = 'POST', path = TOKENS, body?: unknown): Promise<Answer> =>
    callWithBearer(api().url, token, method, path, body);
  const bearerOf = async (fields: Json): Promise<string> => (await tenant.createToken(fields)).string('token');
  const checkOf = async (issued: Answer): Promise<string | number> => {
    const answer = await verifyUploadToken(api().url, issued.string('token'));
    return answer.status === 200 ? 200 : uploadRefusal(answer);
  };

  it('are issued by a signed request, with everything that can be bound into them', async () => {
    const options = {
      max_bytes: 1_000,
      allowed_types: ['video/mp4'],
      file_name_prefix: 'order 4711 ',
      owner_label: 'order 4711',
      callback_url: 'https://example.com/done',
    };
    const answer = await tenant.call('POST', TOKENS, { ...options, expires_in_seconds: 60 });
    expect(answer.status).toBe(201);
    const made = {
      token_id: expect.stringMatching(/^ut_/),
      account_id: tenant.accountId,
      token_preview: expect.stringContaining('*'.repeat(30)),
      state: 'open',
      ...options,
      created_at: expect.any(String),
      expires_at: expect.any(String),
    };
    expect(answer.body).toEqual({
      ...made,
      token: expect.stringMatching(/^ut-TG1/),
      callback_secret: expect.stringMatching(/^whsec_/),
    });
    expect(Date.parse(answer.string('expires_at')) - Date.parse(answer.string('created_at'))).toBe(60_000);
    expect(await checkOf(answer)).toBe(200);
    const shown = await tenant.call('GET', `${TOKENS}/${answer.string('token_id')}`);
    expect(shown.body).toEqual(made);
    const list = await tenant.call('GET', `${TOKENS}?owner_label=order%204711`);
    expect(list.body).toEqual({ upload_tokens: [made], total: 1, limit: 50, offset: 0 });
    const logs = await tenant.call('GET', '/api/v2/audit-logs?action=issue_upload_token');
    expect(logs.list('logs')).toHaveLength(1);
    expect(logs.text).not.toMatch(/ut-TG1\w{66}|whsec_/);
  });

  it('are issued without a body, too', async () => {
    expect((await tenant.call('POST', TOKENS)).status).toBe(201);
  });

  it.each([
    [{ max_bytes: 0 }, 'max_bytes: must be at least 1'],
    [{ max_bytes: 2_147_483_649 }, 'max_bytes: must be at most 2147483648'],
    [{ allowed_types: ['image/png'] }, 'allowed_types: image/png is not within video/*'],
    [{ file_name: 'a', file_name_prefix: 'b' }, 'file_name_prefix: makes no sense'],
    [{ callback_url: 'https://[::1]/' }, 'callback_url: must not lead to a private address'],
    [{ expires_in_seconds: 0 }, 'expires_in_seconds: must be at least 1'],
    [{ maxSize: 1 }, 'unknown field maxSize'],
  ])('are refused for %j in the form of all other routes', async (body, text) => {
    const answer = await tenant.call('POST', TOKENS, body);
    expect(answer.body).toEqual({ error: expect.stringContaining(text), code: 400, timestamp: expect.any(String) });
    expect((await tenant.call('GET', TOKENS)).body['total']).toBe(0);
  });

  it('are revoked by their account', async () => {
    const issued = await tenant.call('POST', TOKENS);
    const path = `${TOKENS}/${issued.string('token_id')}`;
    for (let count = 0; count < 2; count += 1) {
      const answer = await tenant.call('DELETE', path);
      expect([answer.status, answer.body['state']]).toEqual([200, 'revoked']);
    }
    expect(await checkOf(issued)).toBe('401 INVALID_UPLOAD_TOKEN');
  });

  it("are nobody else's: every route answers as if there were none", async () => {
    const issued = await tenant.call('POST', TOKENS);
    const path = `${TOKENS}/${issued.string('token_id')}`;
    const stranger = await newTenant(api().url);
    const strangersBearer = (await stranger.createToken({ scope: ['storage:*'] })).string('token');
    for (const method of ['GET', 'DELETE']) {
      expect((await stranger.call(method, path)).refusal).toBe('404 upload token not found');
      expect((await withBearer(strangersBearer, method, path)).refusal).toBe('404 upload token not found');
    }
    expect((await stranger.call('GET', TOKENS)).body['total']).toBe(0);
    const { tokenId } = (await issueUploadToken(api().url)).body;
    expect((await tenant.call('DELETE', `${TOKENS}/${String(tokenId)}`)).status).toBe(404);
    const byAdministrator = `/api/video/auth/upload-tokens/${issued.string('token_id')}`;
    expect(uploadRefusal(await withBearer(ADMIN_KEY, 'DELETE', byAdministrator))).toBe('404 NOT_FOUND');
    expect(await checkOf(issued)).toBe(200);
  });

  describe('by a bearer token', () => {
    it.each([['storage:write'], ['storage:*'], ['*']])('need the scope storage:write, as %s has it', async (scope) => {
      const issued = await withBearer(await bearerOf({ scope: [scope] }));
      expect(issued.status).toBe(201);
      expect(issued.body['account_id']).toBe(tenant.accountId);
      expect((await tenant.call('GET', TOKENS)).body['total']).toBe(1);
    });

    it.each([[[]], [['storage:read']], [['a:b', 'storage:writer']]])('are refused to the scopes %j', async (scope) => {
      const answer = await withBearer(await bearerOf({ scope }));
      expect(answer.refusal).toBe('403 the token lacks the scope storage:write');
      expect(answer.headers['www-authenticate']).toBe('Bearer error="insufficient_scope"');
      expect((await tenant.call('GET', TOKENS)).body['total']).toBe(0);
    });

    it('are refused to one that is unknown, disabled or deleted, at once', async () => {
      expect((await withBearer(`sk-${'a'.repeat(64)}`)).refusal).toBe('401 Token not found');
      expect((await withBearer('nonsense')).refusal).toBe('401 Token not found');
      const made = await tenant.createToken({ scope: ['*'] });
      const path = `/api/v2/tokens/${made.string('token_id')}`;
      expect((await withBearer(made.string('token'))).status).toBe(201);
      await tenant.call('PUT', `${path}/status`, { is_active: false });
      expect((await withBearer(made.string('token'))).refusal).toBe('401 Token is inactive');
      await tenant.call('DELETE', path);
      expect((await withBearer(made.string('token'))).refusal).toBe('401 Token not found');
    });

    it("spend the token's limits, and count as its uses", async () => {
      const made = await tenant.createToken({ scope: ['*'], rate_limit: { requests_per_minute: 2 } });
      const first = await withBearer(made.string('token'));
      expect([first.status, first.headers['x-ratelimit-remaining-token']]).toEqual([201, '1']);
      expect((await withBearer(made.string('token'), 'GET')).status).toBe(200);
      const limited = await withBearer(made.string('token'));
      expect(limited.refusal).toBe('429 Token rate limit exceeded');
      expect(Number(limited.headers['retry-after'])).toBeGreaterThan(0);
      const stats = await tenant.call('GET', `/api/v2/tokens/${made.string('token_id')}/stats`);
      expect(stats.body).toMatchObject({ total_requests: 2, results: { valid: 2, limited: 1 } });
    });

    it('name it in the audit trail', async () => {
      const made = await tenant.createToken({ scope: ['storage:write'] });
      await withBearer(made.string('token'));
      const logs = await tenant.call('GET', '/api/v2/audit-logs?action=issue_upload_token');
      expect(logs.list('logs')[0]?.['request_data']).toMatchObject({ by_token: made.string('token_id') });
    });

    it('open no other route of the account', async () => {
      const token = await bearerOf({ scope: ['*'] });
      for (const path of ['/api/v2/tokens', '/api/v2/accounts/me', ADMIN_TOKENS]) {
        expect((await withBearer(token, 'GET', path)).status).toBe(401);
      }
    });
  });

  it("count against the account's limits", async () => {
    await operator('PUT', `/api/v2/admin/accounts/${tenant.accountId}/rate-limit`, {
      rate_limit: { requests_per_minute: 2 },
    });
    for (let count = 0; count < 2; count += 1) expect((await tenant.call('POST', TOKENS)).status).toBe(201);
    expect((await tenant.call('POST', TOKENS)).refusal).toBe('429 Account rate limit exceeded');
  });

  it('of a sub-account are seen by it and the main account, not by its siblings', async () => {
    const uid = `uid=${String(process.pid)}&ut=1`;
    const stub = async (fields: string, method: string, path = TOKENS): Promise<Answer> =>
      send(api().url, { method, path, headers: { Authorization: `QiniuStub ${fields}` } });
    const issued = await stub(`${uid}&iuid=7`, 'POST');
    expect([issued.status, issued.body['iuid']]).toEqual([201, '7']);
    const path = `${TOKENS}/${issued.string('token_id')}`;
    for (const method of ['GET', 'DELETE']) {
      expect((await stub(`${uid}&iuid=8`, method, path)).refusal).toBe('404 upload token not found');
    }
    expect((await stub(`${uid}&iuid=8`, 'GET')).body['total']).toBe(0);
    expect((await stub(`${uid}&iuid=7`, 'GET')).body['total']).toBe(1);
    expect((await stub(uid, 'GET', path)).body['state']).toBe('open');
    expect((await stub(uid, 'DELETE', path)).body['state']).toBe('revoked');
  });

  it("of a sub-account's bearer token are the sub-account's", async () => {
    const stub = async (iuid: string, method: string, path: string, body?: unknown): Promise<Answer> => {
      const headers = { Authorization: `QiniuStub uid=4242&ut=1&iuid=${iuid}`, 'Content-Type': 'application/json' };
      return send(api().url, { method, path, headers, body });
    };
    const made = await stub('1', 'POST', '/api/v2/tokens', { description: 'd', scope: ['storage:write'] });
    expect((await withBearer(made.string('token'))).body['iuid']).toBe('1');
    expect((await stub('1', 'GET', TOKENS)).body['total']).toBe(1);
    expect((await stub('2', 'GET', TOKENS)).body['total']).toBe(0);
    expect((await withBearer(made.string('token'), 'GET')).body['total']).toBe(1);
  });

  describe('when the account is suspended', () => {
    const setStatus = async (status: string): Promise<Answer> =>
      operator('PUT', `/api/v2/admin/accounts/${tenant.accountId}/status`, { status });

    it('die at once, and do not come back with it', async () => {
      const issued = await tenant.call('POST', TOKENS);
      const bearer = await bearerOf({ scope: ['storage:write'] });
      expect((await setStatus('suspended')).status).toBe(200);
      expect(await checkOf(issued)).toBe('401 INVALID_UPLOAD_TOKEN');
      expect((await tenant.call('POST', TOKENS)).refusal).toBe('403 account suspended');
      expect((await withBearer(bearer)).refusal).toBe('403 account suspended');
      expect((await setStatus('active')).status).toBe(200);
      expect(await checkOf(issued)).toBe('401 INVALID_UPLOAD_TOKEN');
      expect((await tenant.call('GET', TOKENS)).list('upload_tokens')[0]?.['state']).toBe('revoked');
      expect(await checkOf(await tenant.call('POST', TOKENS))).toBe(200);
    });

    it("leave others' alone", async () => {
      const others = await (await newTenant(api().url)).call('POST', TOKENS);
      const administrators = await issueUploadToken(api().url);
      await setStatus('suspended');
      expect([await checkOf(others), await checkOf(administrators)]).toEqual([200, 200]);
    });
  });

  describe('for operators', () => {
    it('are listed over all accounts, of one, or of the administrator', async () => {
      const mine = (await tenant.call('POST', TOKENS)).string('token_id');
      const administrators = (await issueUploadToken(api().url)).string('tokenId');
      const idsOf = async (query: string): Promise<unknown[]> =>
        (await operator('GET', `${ADMIN_TOKENS}?${query}`)).list('upload_tokens').map(({ token_id: id }) => id);
      expect(await idsOf('limit=2')).toEqual([administrators, mine]);
      expect(await idsOf(`account_id=${tenant.accountId}`)).toEqual([mine]);
      expect(await idsOf('account_id=%40upload-admin&limit=1')).toEqual([administrators]);
      expect(await idsOf('account_id=acc_none')).toEqual([]);
      for (const query of ['account_id=%00', 'x=1', 'limit=0']) {
        expect((await operator('GET', `${ADMIN_TOKENS}?${query}`)).status).toBe(400);
      }
    });

    it('are revoked whosever they are', async () => {
      const issued = await tenant.call('POST', TOKENS);
      const answer = await operator('DELETE', `${ADMIN_TOKENS}/${issued.string('token_id')}`);
      expect([answer.status, answer.body['state']]).toEqual([200, 'revoked']);
      expect(await checkOf(issued)).toBe('401 INVALID_UPLOAD_TOKEN');
      expect((await operator('DELETE', `${ADMIN_TOKENS}/ut_none`)).refusal).toBe('404 upload token not found');
      const logs = await tenant.call('GET', '/api/v2/audit-logs?action=revoke_upload_token');
      expect(logs.list('logs')[0]?.['request_data']).toEqual({ by: 'operator' });
    });

    it('are closed to everybody else', async () => {
      for (const method of ['GET', 'DELETE']) {
        const path = method === 'GET' ? ADMIN_TOKENS : `${ADMIN_TOKENS}/ut_1`;
        expect((await tenant.call(method, path)).status).toBe(401);
        expect((await callWithBearer(api().url, ADMIN_KEY, method, path)).status).toBe(401);
      }
    });
  });
});

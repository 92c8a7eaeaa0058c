import { describeOnEachStore, useApi } from '../support/each-store';
import { eventually } from '../support/eventually';
import { callWithBearer } from '../support/hmac-client';
import { type Answer, type Json, send } from '../support/http-client';
import { ADMIN_KEY, issueUploadToken, postJson, uploadRefusal, verifyUploadToken } from '../support/upload-tokens';

const LIST = '/api/video/auth/upload-tokens';

describeOnEachStore('upload tokens of the administrator', (start) => {
  const api = useApi(start);
  const admin = async (method: string, path = LIST): Promise<Answer> =>
    callWithBearer(api().url, ADMIN_KEY, method, path);
  const audit = async (query: string): Promise<readonly Json[]> =>
    (await callWithBearer(api().url, api().operatorKey, 'GET', `/api/v2/admin/audit-logs?${query}`)).list('logs');

  it('are issued in the form of the contract, valid for an hour', async () => {
    const before = Date.now();
    const answer = await issueUploadToken(api().url);
    expect(answer.status).toBe(200);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.body).toEqual({
      success: true,
      token: expect.stringMatching(/^ut-TG1[0-9A-Za-z]{66}$/),
      expiryTime: expect.any(Number),
      validFor: '3600秒',
      message: '上传token获取成功',
      tokenId: expect.stringMatching(/^ut_[0-9A-Za-z]{22}$/),
    });
    expect(answer.body['expiryTime']).toBeGreaterThanOrEqual(before + 3_600_000);
    expect(answer.body['expiryTime']).toBeLessThanOrEqual(Date.now() + 3_600_000);
  });

  it('are verified as often as one likes', async () => {
    const issued = await issueUploadToken(api().url);
    for (let count = 0; count < 3; count += 1) {
      const answer = await verifyUploadToken(api().url, issued.string('token'));
      expect(answer.status).toBe(200);
      expect(answer.body).toEqual({ success: true, valid: true, expiryTime: issued.body['expiryTime'] });
    }
  });

  it.each([
    ['of none', {}, '401 MISSING_UPLOAD_TOKEN'],
    ['of an empty one', { token: '' }, '401 MISSING_UPLOAD_TOKEN'],
    ['of one that nobody issued', { token: `ut-${'a'.repeat(64)}` }, '401 INVALID_UPLOAD_TOKEN'],
    ['of what is none', { token: 'x' }, '401 INVALID_UPLOAD_TOKEN'],
    ['of a number', { token: 1 }, '400 INVALID_REQUEST'],
    ['of a list', [], '400 INVALID_REQUEST'],
  ])('are told by their codes: a check %s', async (_what, body, refusal) => {
    expect(uploadRefusal(await postJson(api().url, '/api/video/auth/verify-token', body))).toBe(refusal);
  });

  it.each([
    ['a wrong one', 'a wrong key'],
    ['an empty one', ''],
    ['the right one and more', `${ADMIN_KEY}x`],
    ['the right one in capitals', ADMIN_KEY.toUpperCase()],
    ['a very long one', 'a'.repeat(1_000)],
  ])('are refused to another key, which is audited without it: %s', async (_what, authKey) => {
    const answer = await postJson(api().url, '/api/video/auth/upload-token', { authKey });
    expect(uploadRefusal(answer)).toBe('403 INVALID_AUTH_KEY');
    await eventually(5_000, async () => {
      const [record] = await audit('action=issue_upload_token&limit=1');
      expect(record).toMatchObject({ result: 'failure', error_msg: "this is not the administrator's key" });
      if (authKey !== '') expect(JSON.stringify(record)).not.toContain(authKey);
    });
  });

  it.each([
    ['authKey', { authKey: undefined }, 'authKey: is required'],
    ['authKey', { authKey: 1 }, 'authKey: must be a text'],
    ['maxSize', { maxSize: '100' }, 'maxSize: must be a number'],
    ['maxSize', { maxSize: 0 }, 'maxSize: must be at least 1'],
    ['maxSize', { maxSize: 2_147_483_649 }, 'maxSize: must be at most 2147483648'],
    ['allowedTypes', { allowedTypes: ['image/png'] }, 'allowedTypes: image/png is not within video/*'],
    ['allowedTypes', { allowedTypes: ['video'] }, 'allowedTypes.0: must be a media type'],
    ['fileName', { fileName: '../../etc/passwd' }, 'fileName: must be a plain name'],
    ['fileNamePrefix', { fileNamePrefix: 'a/b' }, 'fileNamePrefix: must be a plain name'],
    ['ownerLabel', { ownerLabel: '' }, 'ownerLabel: must not be empty'],
    ['callbackUrl', { callbackUrl: 'http://example.com' }, 'callbackUrl: must be a whole address'],
    ['callbackUrl', { callbackUrl: 'https://127.0.0.1/' }, 'callbackUrl: must not lead to a private address'],
    ['expiresIn', { expiresIn: 604_801 }, 'expiresIn: must be at most 604800'],
    ['an unknown field', { max_size: 1 }, 'unknown field max_size'],
  ])('are refused for a bad %s: %j', async (_field, fields, text) => {
    const before = (await admin('GET')).body['total'];
    const answer = await issueUploadToken(api().url, fields);
    expect(uploadRefusal(answer)).toBe('400 INVALID_REQUEST');
    expect(answer.string('error')).toContain(text);
    expect((await admin('GET')).body['total']).toBe(before);
  });

  it('carry what is bound into them, and show it to the administrator, never a value or a secret', async () => {
    const options = {
      maxSize: 1_000,
      allowedTypes: ['video/mp4', 'video/webm'],
      fileName: '我的视频.mp4',
      ownerLabel: `customer ${String(Date.now())}`,
      callbackUrl: 'https://example.com/done',
    };
    const issued = await issueUploadToken(api().url, { ...options, expiresIn: 90 });
    expect(issued.body).toMatchObject({ validFor: '90秒', callbackSecret: expect.stringMatching(/^whsec_/) });
    const list = await admin('GET', `${LIST}?ownerLabel=${encodeURIComponent(options.ownerLabel)}`);
    expect(list.status).toBe(200);
    expect(list.body).toEqual({
      success: true,
      total: 1,
      tokens: [
        {
          tokenId: issued.string('tokenId'),
          preview: expect.stringContaining('*'.repeat(30)),
          state: 'open',
          createdAt: expect.any(String),
          expiryTime: issued.body['expiryTime'],
          ...options,
        },
      ],
    });
    expect(list.text).not.toContain(issued.string('token'));
    expect(list.text).not.toContain('whsec_');
    const [record] = await audit(`action=issue_upload_token&resource_id=${issued.string('tokenId')}`);
    expect(record).toMatchObject({ account_id: '@upload-admin', result: 'success' });
    for (const secret of [issued.string('token'), issued.string('callbackSecret'), ADMIN_KEY]) {
      expect(JSON.stringify(record)).not.toContain(secret);
      expect(api().output()).not.toContain(secret);
    }
  });

  it('are listed newest first, a page at a time', async () => {
    const ids: string[] = [];
    for (let count = 0; count < 3; count += 1) ids.unshift((await issueUploadToken(api().url)).string('tokenId'));
    const page = await admin('GET', `${LIST}?limit=2&offset=1`);
    expect(page.list('tokens').map(({ tokenId }) => tokenId)).toEqual(ids.slice(1));
    for (const query of ['limit=0', 'limit=101', 'offset=-1', 'x=1']) {
      expect(uploadRefusal(await admin('GET', `${LIST}?${query}`))).toBe('400 INVALID_REQUEST');
    }
  });

  it('work no more from the moment they are revoked, which is audited once', async () => {
    const issued = await issueUploadToken(api().url);
    const path = `${LIST}/${issued.string('tokenId')}`;
    const revoked = await admin('DELETE', path);
    expect(revoked.status).toBe(200);
    expect(revoked.object('token')).toMatchObject({ tokenId: issued.string('tokenId'), state: 'revoked' });
    expect(uploadRefusal(await verifyUploadToken(api().url, issued.string('token')))).toBe('401 INVALID_UPLOAD_TOKEN');
    expect((await admin('DELETE', path)).object('token')['state']).toBe('revoked');
    expect(await audit(`action=revoke_upload_token&resource_id=${issued.string('tokenId')}`)).toHaveLength(1);
  });

  it('that are not there cannot be revoked', async () => {
    for (const id of [`ut_${'0'.repeat(22)}`, 'not%20an%20id', '@upload-admin']) {
      expect(uploadRefusal(await admin('DELETE', `${LIST}/${id}`))).toBe('404 NOT_FOUND');
    }
  });

  it("are the operator's to list and revoke, too", async () => {
    const issued = await issueUploadToken(api().url);
    const { operatorKey, url } = api();
    expect((await callWithBearer(url, operatorKey, 'GET', LIST)).list('tokens')[0]?.['state']).toBe('open');
    const path = `${LIST}/${issued.string('tokenId')}`;
    expect((await callWithBearer(url, operatorKey, 'DELETE', path)).object('token')['state']).toBe('revoked');
  });

  it('are shown to nobody without a right key', async () => {
    const { tokenId, token } = (await issueUploadToken(api().url)).body as Record<string, string>;
    for (const path of [LIST, `${LIST}/${String(tokenId)}`]) {
      const method = path === LIST ? 'GET' : 'DELETE';
      const none = await send(api().url, { method, path });
      expect([uploadRefusal(none), none.headers['www-authenticate']]).toEqual(['401 UNAUTHENTICATED', 'Bearer']);
      for (const key of ['wrong', String(token), `${ADMIN_KEY}x`]) {
        expect(uploadRefusal(await callWithBearer(api().url, key, method, path))).toBe('403 INVALID_AUTH_KEY');
      }
    }
    expect((await verifyUploadToken(api().url, String(token))).status).toBe(200);
  });
});

describeOnEachStore('upload tokens of a second', (start) => {
  const api = useApi(start, {
    UPLOAD_TOKEN_EXPIRY: '1000',
    UPLOAD_MAX_BYTES: '1000',
    UPLOAD_ALLOWED_TYPES: 'video/mp4',
  });

  it('answer by a code of their own when it is over', async () => {
    const issued = await issueUploadToken(api().url);
    expect(issued.body['validFor']).toBe('1秒');
    const token = issued.string('token');
    expect((await verifyUploadToken(api().url, token)).status).toBe(200);
    while (Date.now() <= Number(issued.body['expiryTime'])) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(uploadRefusal(await verifyUploadToken(api().url, token))).toBe('401 TOKEN_EXPIRED');
    const list = await callWithBearer(api().url, ADMIN_KEY, 'GET', LIST);
    expect(list.list('tokens')[0]?.['state']).toBe('expired');
  });

  it('allow no more than the installation', async () => {
    const answers = [
      await issueUploadToken(api().url, { maxSize: 1_001 }),
      await issueUploadToken(api().url, { allowedTypes: ['video/*'] }),
    ];
    expect(answers.map(uploadRefusal)).toEqual(['400 INVALID_REQUEST', '400 INVALID_REQUEST']);
    expect((await issueUploadToken(api().url, { maxSize: 1_000, allowedTypes: ['video/mp4'] })).status).toBe(200);
  });
});

describe('everything below /api/video/', () => {
  const api = useApi();

  it.each([
    ['a path that is not there', 'GET', '/api/video/nothing', undefined, '404 NOT_FOUND'],
    ['a method that is not there', 'PUT', '/api/video/auth/upload-token', '{}', '404 NOT_FOUND'],
    ['a body that is no JSON', 'POST', '/api/video/auth/upload-token', '{"authKey":', '400 INVALID_REQUEST'],
    ['a body that is no UTF-8', 'POST', '/api/video/auth/verify-token', Buffer.from([0xff]), '400 INVALID_REQUEST'],
    ['no body', 'POST', '/api/video/auth/upload-token', undefined, '400 INVALID_REQUEST'],
    ['a body that is too long', 'POST', '/api/video/auth/verify-token', 'x'.repeat(70_000), '413 PAYLOAD_TOO_LARGE'],
    ['a path in another spelling', 'POST', '/api/%76ideo/auth/verify-token', '{}', '401 MISSING_UPLOAD_TOKEN'],
  ])('is refused in the form of the contract: %s', async (_what, method, path, body, refusal) => {
    const answer = await send(api().url, { method, path, headers: { 'Content-Type': 'application/json' }, body });
    expect(uploadRefusal(answer)).toBe(refusal);
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
  });

  it('and nothing else is', async () => {
    for (const path of ['/api/videos', '/api/v2/nothing', '/api/video']) {
      const answer = await send(api().url, { method: 'GET', path });
      expect([answer.status, answer.body]).toEqual([
        404,
        { error: 'not found', code: 404, timestamp: expect.any(String) },
      ]);
    }
  });

  it('stands in the OpenAPI document with its error bodies', async () => {
    const paths = (await send(api().url, { method: 'GET', path: '/docs/openapi.json' })).object('paths');
    const operation = (paths['/api/video/auth/verify-token'] as { post: { responses: Json } }).post;
    expect(JSON.stringify(operation.responses['401'])).toContain('TOKEN_ALREADY_USED');
    for (const status of ['400', '401', '413', '429', '500', '503']) {
      expect(JSON.stringify(operation.responses[status])).toContain('#/components/schemas/UploadError');
    }
  });
});

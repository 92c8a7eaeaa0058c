import { describeOnEachStore, useApi } from '../support/each-store';
import { callWithBearer, uniqueDate, validate } from '../support/hmac-client';
import { type Answer, type Json, send } from '../support/http-client';

const LOOPBACK = { QINIU_STUB_ENABLED: 'true', QINIU_STUB_TRUSTED_CIDRS: '127.0.0.0/8' };
const ME = '/api/v2/accounts/me';

interface StubRequest {
  readonly method?: string;
  readonly path?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

async function stub(url: string, fields: string, request: StubRequest = {}): Promise<Answer> {
  const { method = 'GET', path = ME, body, headers = {} } = request;
  const all = { 'Content-Type': 'application/json', Authorization: `QiniuStub ${fields}`, ...headers };
  return send(url, { method, path, body, headers: all });
}

async function createToken(url: string, fields: string, body: Json = {}): Promise<Answer> {
  return stub(url, fields, { method: 'POST', path: '/api/v2/tokens', body: { description: 'd', ...body } });
}

describeOnEachStore('QiniuStub with simple mapping', (start) => {
  const api = useApi(start, LOOPBACK);

  it('maps a uid to the account qiniu_{uid}, whose record is made on first use', async () => {
    const answer = await stub(api().url, 'uid=1001&ut=1');
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      id: 'qiniu_1001',
      email: '',
      company: '',
      access_key: '',
      status: 'active',
      qiniu_uid: 1001,
      created_at: expect.any(String),
      updated_at: expect.any(String),
    });
    expect((await stub(api().url, 'uid=1001&ut=1')).text).toBe(answer.text);
  });

  it('makes one record for many first requests at once', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, async () => stub(api().url, 'uid=1002&ut=1')));
    expect(new Set(answers.map(({ status, text }) => `${String(status)} ${text}`)).size).toBe(1);
    expect(answers[0]?.status).toBe(200);
  });

  it('shows uid, iuid and iam_alias in place of account_id when such a token is validated', async () => {
    const main = await createToken(api().url, 'uid=1003&ut=1', { scope: ['a:b'] });
    expect(main.body['account_id']).toBe('qiniu_1003');
    const mainInfo = (await validate(api().url, main.string('token'))).object('token_info');
    expect(mainInfo).toEqual({ token_id: main.string('token_id'), uid: '1003', scope: ['a:b'], is_active: true });
    const sub = await createToken(api().url, 'uid=1003&ut=1&iuid=77&iam_alias=ops%20team');
    expect((await validate(api().url, sub.string('token'))).object('token_info')).toEqual({
      token_id: sub.string('token_id'),
      uid: '1003',
      iuid: '77',
      iam_alias: 'ops team',
      scope: [],
      is_active: true,
    });
  });

  it('shows a sub-account its own tokens, refuses its siblings, and shows the main account all', async () => {
    const [main, one, two] = ['uid=1004&ut=1', 'uid=1004&ut=1&iuid=1', 'uid=1004&ut=1&iuid=2'];
    const ids = new Map<string, string>();
    for (const who of [main, one, two]) ids.set(who, (await createToken(api().url, who)).string('token_id'));

    const seenBy = async (who: string): Promise<unknown[]> =>
      (await stub(api().url, who, { path: '/api/v2/tokens' })).list('tokens').map(({ token_id }) => token_id);
    expect(await seenBy(one)).toEqual([ids.get(one)]);
    expect(await seenBy(two)).toEqual([ids.get(two)]);
    expect((await seenBy(main)).sort()).toEqual([...ids.values()].sort());

    for (const other of [ids.get(two), ids.get(main)]) {
      const path = `/api/v2/tokens/${other ?? ''}`;
      for (const request of [
        { path },
        { path: `${path}/stats` },
        { method: 'PUT', path: `${path}/status`, body: { is_active: false } },
        { method: 'DELETE', path },
      ]) {
        expect((await stub(api().url, one, request)).refusal).toBe('403 permission denied');
      }
      expect((await stub(api().url, main, { path })).body['is_active']).toBe(true);
    }
    const missing = await stub(api().url, one, { path: '/api/v2/tokens/tk_none' });
    expect(missing.refusal).toBe('404 token not found');
    const mine = { method: 'DELETE', path: `/api/v2/tokens/${ids.get(one) ?? ''}` };
    expect((await stub(api().url, one, mine)).status).toBe(200);
  });

  it("answers 404 to another uid's token, never 403", async () => {
    const id = (await createToken(api().url, 'uid=1005&ut=1&iuid=1')).string('token_id');
    for (const who of ['uid=1006&ut=1', 'uid=1006&ut=1&iuid=1']) {
      expect((await stub(api().url, who, { path: `/api/v2/tokens/${id}` })).refusal).toBe('404 token not found');
    }
  });

  it('obeys a suspension at once', async () => {
    const token = (await createToken(api().url, 'uid=1007&ut=1')).string('token');
    const path = '/api/v2/admin/accounts/qiniu_1007/status';
    await callWithBearer(api().url, api().operatorKey, 'PUT', path, { status: 'suspended' });
    expect((await stub(api().url, 'uid=1007&ut=1')).refusal).toBe('403 account suspended');
    expect((await validate(api().url, token)).refusal).toBe('401 Account is suspended');
  });

  it('has no SecretKey to regenerate', async () => {
    const request = { method: 'POST', path: '/api/v2/accounts/regenerate-sk' };
    expect((await stub(api().url, 'uid=1008&ut=1', request)).status).toBe(501);
    expect((await stub(api().url, 'uid=1008&ut=1&iuid=1', request)).refusal).toBe('403 permission denied');
  });

  it.each([
    '',
    'uid=',
    'uid=0&ut=1',
    'uid=-1&ut=1',
    'uid=4294967296&ut=1',
    'uid=1',
    'uid=1&uid=2&ut=1',
    'uid=1&ut=1&iuid=%00',
    'uid=1&ut=1&iam_alias=x',
  ])('answers 401 to %j and makes no record', async (fields) => {
    const answer = await stub(api().url, fields);
    expect(answer.status).toBe(401);
    const found = await callWithBearer(api().url, api().operatorKey, 'GET', '/api/v2/admin/accounts?search=qiniu_1');
    expect(found.list('accounts').map(({ id }) => id)).not.toContain('qiniu_1');
  });

  it('takes the largest uid', async () => {
    expect((await stub(api().url, 'uid=4294967295&ut=1')).body['id']).toBe('qiniu_4294967295');
  });

  it('is not asked where X-Qiniu-Date makes it an HMAC request, nor on the audit log', async () => {
    const signed = await stub(api().url, 'uid=1009&ut=1', { headers: { 'X-Qiniu-Date': uniqueDate() } });
    expect(signed.refusal).toBe('401 invalid Authorization header');
    const audit = await stub(api().url, 'uid=1009&ut=1', { path: '/api/v2/audit-logs' });
    expect(audit.refusal).toBe('401 invalid Authorization header');
  });
});

describeOnEachStore('QiniuStub with database mapping', (start) => {
  const strict = useApi(start, { ...LOOPBACK, QINIU_UID_MAPPER_MODE: 'database' });
  const creating = useApi(start, { ...LOOPBACK, QINIU_UID_MAPPER_MODE: 'database', QINIU_UID_AUTO_CREATE: 'true' });

  it('answers 401 to a uid that no account has, and makes none', async () => {
    for (let time = 0; time < 2; time += 1) {
      expect((await stub(strict().url, 'uid=2001&ut=1')).refusal).toBe('401 unknown uid');
    }
  });

  it('makes one account on first use with QINIU_UID_AUTO_CREATE, and finds it from then on', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, async () => stub(creating().url, 'uid=2002&ut=1')));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers[0]?.body).toMatchObject({ id: expect.stringMatching(/^acc_/), qiniu_uid: 2002 });
  });

  it('shows account_id, and the sub-account of its tokens', async () => {
    const made = await createToken(creating().url, 'uid=2003&ut=1&iuid=9&iam_alias=ops');
    expect((await validate(creating().url, made.string('token'))).object('token_info')).toEqual({
      token_id: made.string('token_id'),
      account_id: made.string('account_id'),
      iuid: '9',
      iam_alias: 'ops',
      scope: [],
      is_active: true,
    });
  });
});

describe('the trust rule of QiniuStub', () => {
  const elsewhere = useApi(undefined, { QINIU_STUB_ENABLED: 'true', QINIU_STUB_TRUSTED_CIDRS: '10.0.0.0/8' });
  const direct = useApi(undefined, LOOPBACK);
  const behindProxy = useApi(undefined, {
    QINIU_STUB_ENABLED: 'true',
    QINIU_STUB_TRUSTED_CIDRS: '10.0.0.0/8',
    TRUST_PROXY: '127.0.0.1',
  });
  const refused = '401 invalid Authorization header';
  const outcome = async (url: string, headers: Record<string, string> = {}): Promise<string> =>
    (await stub(url, 'uid=3001&ut=1', { headers })).refusal;

  it('goes by the socket address', async () => {
    expect(await outcome(elsewhere().url)).toBe(refused);
    expect(await outcome(direct().url)).toBe('200 undefined');
  });

  it.each(['X-Forwarded-For', 'Forwarded', 'X-Real-IP'])('believes %s from no peer that is not named', async (name) => {
    for (const value of ['10.0.0.1', '127.0.0.1', '']) {
      expect(await outcome(elsewhere().url, { [name]: value })).toBe(refused);
      expect(await outcome(direct().url, { [name]: value })).toBe(refused);
    }
  });

  it('goes by the forwarded address behind a proxy named in TRUST_PROXY', async () => {
    const forwarded = async (value: string): Promise<string> =>
      outcome(behindProxy().url, { 'X-Forwarded-For': value });
    expect(await forwarded('10.1.2.3')).toBe('200 undefined');
    expect(await forwarded('203.0.113.1, 10.1.2.3')).toBe('200 undefined');
    expect(await forwarded('10.1.2.3, 203.0.113.1')).toBe(refused);
    expect(await forwarded('203.0.113.1')).toBe(refused);
    expect(await forwarded('garbage')).toBe(refused);
    expect(await forwarded('')).toBe(refused);
    expect(await outcome(behindProxy().url)).toBe(refused);
    expect(await outcome(behindProxy().url, { Forwarded: 'for=10.1.2.3' })).toBe(refused);
  });
});

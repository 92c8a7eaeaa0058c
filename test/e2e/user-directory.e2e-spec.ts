import type { ServerResponse } from 'node:http';
import { type ApiProcess, startApi } from '../support/api-process';
import { DirectoryServer } from '../support/directory-server';
import { newTenant, validate } from '../support/hmac-client';
import { type Answer, type Json, send } from '../support/http-client';

const USER = {
  uid: 5001,
  email: 'user@example.com',
  username: 'user',
  utype: 4,
  activated: true,
  disabled_type: 0,
  disabled_reason: '',
  disabled_at: null,
  parent_uid: 0,
  created_at: '2020-01-01T00:00:00Z',
  updated_at: '2020-01-02T00:00:00Z',
  last_login_at: '2020-01-03T00:00:00Z',
};

describe('the user directory behind validateu', () => {
  let directory: DirectoryServer;
  let api: ApiProcess;
  let uids = 5_000;

  beforeAll(async () => {
    directory = await DirectoryServer.start();
    api = await startApi({
      env: {
        QINIU_STUB_ENABLED: 'true',
        QINIU_STUB_TRUSTED_CIDRS: '127.0.0.1',
        USER_INFO_API_URL: `${directory.url}/users`,
        USER_INFO_API_TOKEN: 'directory-bearer',
      },
    });
  });
  afterAll(async () => {
    await api.stop();
    await directory.stop();
  });
  beforeEach(() => {
    uids += 1;
    directory.asked.length = 0;
    directory.answerJson(USER);
  });

  /** A token of a Qiniu user that nobody has asked about yet. */
  async function tokenOf(sub = ''): Promise<string> {
    const headers = { Authorization: `QiniuStub uid=${String(uids)}&ut=1${sub}` };
    const body = { description: 'd', scope: ['a:b'] };
    return (await send(api.url, { method: 'POST', path: '/api/v2/tokens', headers, body })).string('token');
  }
  const validateu = async (token: string, body?: Json): Promise<Answer> =>
    validate(api.url, token, body, '/api/v2/validateu');
  const userOf = (answer: Answer): unknown => answer.object('token_info')['user_info'];

  it('adds what the directory says of the user, the fields of the contract only, and asks once', async () => {
    directory.answerJson({ ...USER, password_hash: 'x', internal: true });
    const token = await tokenOf();
    for (let count = 0; count < 3; count += 1) {
      const answer = await validateu(token);
      expect(answer.status).toBe(200);
      expect(answer.body).toMatchObject({ valid: true, message: 'Token is valid', token_info: { uid: String(uids) } });
      expect(userOf(answer)).toEqual(USER);
    }
    expect(directory.asked).toEqual([
      { path: '/users', query: `uid=${String(uids)}`, authorization: 'Bearer directory-bearer' },
    ]);
  });

  it('tells sub-accounts apart', async () => {
    const [main, sub] = [await tokenOf(), await tokenOf('&iuid=9')];
    await validateu(main);
    directory.answerJson({ ...USER, iuid: '9' });
    expect(userOf(await validateu(sub))).toMatchObject({ iuid: '9' });
    expect(userOf(await validateu(main))).not.toHaveProperty('iuid');
  });

  it('is not asked by validate, nor for a token that is refused', async () => {
    const token = await tokenOf();
    await validate(api.url, token);
    expect((await validateu(token, { required_scope: 'c:d' })).refusal).toBe('401 Permission denied');
    expect((await validateu('junk')).refusal).toBe('401 Token not found');
    expect(directory.asked).toEqual([]);
  });

  it('is not asked for an account without a uid, whose user_info is null', async () => {
    const token = (await (await newTenant(api.url)).createToken()).string('token');
    expect(userOf(await validateu(token))).toBeNull();
    expect(directory.asked).toEqual([]);
  });

  it('is believed when it knows no such user', async () => {
    directory.answer((_query, response) => response.writeHead(404).end());
    const token = await tokenOf();
    for (let count = 0; count < 2; count += 1) expect(userOf(await validateu(token))).toBeNull();
    expect(directory.asked).toHaveLength(1);
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ['fails', (response) => response.writeHead(500).end()],
    ['answers garbage', (response) => response.writeHead(200).end('<html>')],
    ['answers a list', (response) => response.writeHead(200).end('[]')],
    ['hangs up', (response) => response.destroy()],
  ])('never fails a validation when it %s', async (_, misbehave) => {
    directory.answer((_query, response) => {
      misbehave(response);
    });
    const answer = await validateu(await tokenOf(), { required_scope: 'a:b' });
    expect(answer.status).toBe(200);
    expect(userOf(answer)).toBeNull();
    expect(answer.body['permission_check']).toEqual({ requested: 'a:b', granted: true });
  });

  it('never fails a validation when it is away, nor holds it up for more than two seconds when it is silent', async () => {
    directory.answer(() => undefined);
    const began = performance.now();
    expect(userOf(await validateu(await tokenOf()))).toBeNull();
    expect(performance.now() - began).toBeLessThan(3_000);
    await directory.goAway();
    const tokens = await Promise.all(Array.from({ length: 20 }, async () => tokenOf()));
    const answers = await Promise.all(tokens.map(async (token) => validateu(token)));
    expect(answers.every((answer) => answer.status === 200 && userOf(answer) === null)).toBe(true);
    await directory.comeBack();
  });

  it('keeps its bearer to itself', () => {
    expect(api.output()).not.toContain('directory-bearer');
  });
});

describe('QINIU_UID_MAPPER_MODE=database', () => {
  it('asks the directory for the uid of the account', async () => {
    const directory = await DirectoryServer.start();
    directory.answerJson(USER);
    const api = await startApi({
      env: {
        QINIU_STUB_ENABLED: 'true',
        QINIU_STUB_TRUSTED_CIDRS: '127.0.0.1',
        QINIU_UID_MAPPER_MODE: 'database',
        QINIU_UID_AUTO_CREATE: 'true',
        USER_INFO_API_URL: `${directory.url}/users`,
      },
    });
    const headers = { Authorization: 'QiniuStub uid=6001&ut=1' };
    const made = await send(api.url, { method: 'POST', path: '/api/v2/tokens', headers, body: { description: 'd' } });
    const info = (await validate(api.url, made.string('token'), undefined, '/api/v2/validateu')).object('token_info');
    expect(info).toMatchObject({ account_id: made.string('account_id'), user_info: USER });
    expect(directory.asked).toEqual([{ path: '/users', query: 'uid=6001', authorization: undefined }]);
    await api.stop();
    await directory.stop();
  });
});

import { mongo, Types } from 'mongoose';
import { FieldProblem } from './original-fields';
import { ORIGINAL_ROW_READERS } from './original-rows';

const HEX64 = 'ab'.repeat(32);
const CREATED = new Date('2025-06-01T00:00:00Z');
const account = (overrides: Record<string, unknown> = {}) => ({
  _id: '0123456789abcdef01234567',
  email: 'Who@Example.com',
  company: 'Who Ltd',
  password_hash: `$2b$10$${'a'.repeat(53)}`,
  access_key: '0123456789abcdef0123456789abcdef',
  secret_key: HEX64,
  status: 'active',
  created_at: CREATED,
  updated_at: CREATED,
  ...overrides,
});
const token = (overrides: Record<string, unknown> = {}) => ({
  _id: new Types.ObjectId(),
  token_id: 'tk_old',
  account_id: '0123456789abcdef01234567',
  token: `sk-${HEX64}`,
  description: 'd',
  scope: ['storage:read'],
  created_at: CREATED,
  is_active: true,
  total_requests: 3,
  ...overrides,
});
const audit = (overrides: Record<string, unknown> = {}) => ({
  _id: new Types.ObjectId('0123456789abcdef01234567'),
  account_id: 'a',
  action: 'create_token',
  resource_id: 'tk_old',
  ip: '192.0.2.1',
  user_agent: 'curl',
  result: 'success',
  timestamp: CREATED,
  ...overrides,
});

describe('rows of the original', () => {
  it('an account: names in lower case, keys as they are', () => {
    expect(ORIGINAL_ROW_READERS.accounts(account())).toStrictEqual({
      id: '0123456789abcdef01234567',
      email: 'who@example.com',
      company: 'Who Ltd',
      passwordHash: `$2b$10$${'a'.repeat(53)}`,
      keys: { accessKey: '0123456789abcdef0123456789abcdef', secretKey: HEX64 },
      status: 'active',
      createdAt: CREATED,
      updatedAt: CREATED,
    });
  });

  it.each([
    ['an ObjectId as id', { _id: new Types.ObjectId('f'.repeat(24)) }, { id: 'f'.repeat(24) }],
    ['an id of its own beside _id', { id: 'hex1' }, { id: 'hex1' }],
    ['prefixed keys', { access_key: `AK_${HEX64}` }, { keys: { accessKey: `AK_${HEX64}`, secretKey: HEX64 } }],
    ['a $2y$ hash', { password_hash: `$2y$10$${'a'.repeat(53)}` }, { passwordHash: `$2b$10$${'a'.repeat(53)}` }],
    ['a Qiniu uid', { qiniu_uid: 4_294_967_295 }, { qiniuUid: 4_294_967_295 }],
    ['a Qiniu uid as a long', { qiniu_uid: mongo.Long.fromNumber(7) }, { qiniuUid: 7 }],
    ['a time as text', { created_at: '2025-06-01T00:00:00Z' }, { createdAt: CREATED }],
    [
      'limits',
      { rate_limit: { requests_per_minute: 5, requests_per_day: 0 } },
      { rateLimit: { requestsPerMinute: 5 } },
    ],
  ])('an account with %s', (_name, overrides, expected) => {
    expect(ORIGINAL_ROW_READERS.accounts(account(overrides))).toMatchObject(expected);
  });

  it('a token: what was never set is absent, in whatever way it says so', () => {
    const zero = new Date('0001-01-01T00:00:00Z');
    const row = ORIGINAL_ROW_READERS.tokens(token({ expires_at: zero, last_used_at: null, iuid: '', scope: null }));
    expect(row).not.toHaveProperty('expiresAt');
    expect(row).not.toHaveProperty('lastUsedAt');
    expect(row).not.toHaveProperty('iuid');
    expect(row.scopes).toStrictEqual([]);
  });

  it.each([`a_b_${HEX64}`, `sk-${HEX64}`, `x${HEX64}`])('a token of any prefix: %s', (value) => {
    expect(ORIGINAL_ROW_READERS.tokens(token({ token: value })).value).toBe(value);
  });

  it('an audit record with the id it has', () => {
    expect(ORIGINAL_ROW_READERS.audit_logs(audit()).id).toBe('0123456789abcdef01234567');
  });

  it.each([
    ['accounts', account({ secret_key: `$2b$10$${'a'.repeat(53)}` }), 'secret_key'],
    ['accounts', account({ secret_key: 'short' }), 'secret_key'],
    ['accounts', account({ secret_key: undefined }), 'secret_key'],
    ['accounts', account({ access_key: 'zz' }), 'access_key'],
    ['accounts', account({ access_key: undefined, secret_key: undefined }), 'access_key'],
    ['accounts', account({ status: 'frozen' }), 'status'],
    ['accounts', account({ status: undefined }), 'status'],
    ['accounts', account({ email: 7.5 }), 'email'],
    ['accounts', account({ email: null }), 'email'],
    ['accounts', account({ _id: 'not an id' }), '_id'],
    ['accounts', account({ created_at: 'yesterday' }), 'created_at'],
    ['accounts', account({ password_hash: 'plain' }), 'password_hash'],
    ['accounts', account({ qiniu_uid: 4_294_967_296 }), 'qiniu_uid'],
    ['accounts', account({ rate_limit: { requests_per_hour: -1 } }), 'requests_per_hour'],
    ['tokens', token({ token: 'sk-short' }), 'token'],
    ['tokens', token({ token: undefined }), 'token'],
    ['tokens', token({ is_active: undefined }), 'is_active'],
    ['tokens', token({ is_active: 'yes' }), 'is_active'],
    ['tokens', token({ scope: 'storage:read' }), 'scope'],
    ['tokens', token({ scope: [1] }), 'scope'],
    ['tokens', token({ account_id: undefined }), 'account_id'],
    ['tokens', token({ total_requests: 1.5 }), 'total_requests'],
    ['audit_logs', audit({ result: 'maybe' }), 'result'],
    ['audit_logs', audit({ timestamp: null }), 'timestamp'],
  ] as const)('refuses a row of %s that is %j, naming %s and no value', (collection, document, field) => {
    const read = (): unknown => ORIGINAL_ROW_READERS[collection](document);
    expect(read).toThrow(FieldProblem);
    try {
      read();
    } catch (error) {
      expect(error).toMatchObject({ field });
      expect(String(error)).not.toMatch(/(?:ab){8}|abcdef|short|plain|frozen/);
    }
  });
});

import { createHash } from 'node:crypto';
import { hashToken } from '@tollgate/domain';
import {
  type ImportCursor,
  OriginalImport,
  type OriginalImportOptions,
  openOriginalDatabase,
  type SealSecret,
} from '@tollgate/storage';
import { buildAuditRecord, FakeClock } from '@tollgate/testing';
import { mongo } from 'mongoose';
import { describeWithMongo } from '../support/mongo-server';
import { type MongoStoreUnderTest, openMongoStore } from '../support/mongo-store';
import {
  fillOriginal,
  originalAccount,
  originalAudit,
  type OriginalDocument,
  originalSecret,
  originalToken,
} from '../support/original-database';

const DAY_MS = 86_400_000;
const RETENTION_MS = 30 * DAY_MS;
const clock = new FakeClock();
const inDays = (days: number) => new Date(clock.nowMs() + days * DAY_MS);
const page = { limit: 1000, offset: 0 };
const none = { inserted: 0, exists: 0, conflict: 0, invalid: 0, skipped: 0 };

describeWithMongo('tollgate import mongo', (mongoForTests) => {
  let client: mongo.MongoClient;
  let original: mongo.Db;
  let store: MongoStoreUnderTest;
  const sealed: string[] = [];

  /** Tells who and what was sealed without holding it. */
  const seal: SealSecret = (accountId, secretKey) => {
    sealed.push(accountId);
    const digest = createHash('sha256').update(secretKey).digest('hex');
    return Promise.resolve({ secretSealed: { keyId: 'k1', envelope: digest }, secretHash: `hash of ${digest}` });
  };

  beforeAll(async () => {
    client = await mongo.MongoClient.connect(mongoForTests().uri);
  });
  beforeEach(async () => {
    sealed.length = 0;
    original = client.db(mongoForTests().newDatabaseName());
    store = await openMongoStore(mongoForTests());
  });
  afterEach(async () => {
    await original.dropDatabase();
    await store.teardown();
  });
  afterAll(() => client.close());

  async function run(options: Partial<OriginalImportOptions> = {}) {
    const source = await openOriginalDatabase(mongoForTests().uri, original.databaseName);
    try {
      const parts = { source, ...store, seal, clock };
      const retention = { expiredTokenRetentionMs: RETENTION_MS, auditRetentionMs: 90 * DAY_MS };
      return await new OriginalImport(parts, { ...retention, ...options }).run();
    } finally {
      await source.close();
    }
  }

  async function everythingStored(): Promise<string> {
    const collections = ['accounts', 'tokens', 'audit_logs'] as const;
    const documents = await Promise.all(
      collections.map((name) => store.database.collection(name).find().sort({ _id: 1 }).toArray()),
    );
    return JSON.stringify(documents);
  }

  const text = (document: OriginalDocument, field: string) => String(document[field]);

  it('takes over an account: id, keys and password as they were, its SecretKey sealed', async () => {
    const account = originalAccount({ email: 'Mixed@Example.com', rate_limit: { requests_per_hour: 9 } });
    await fillOriginal(original, { accounts: [account] });

    expect(await run()).toMatchObject({ accounts: { ...none, inserted: 1 }, problems: [] });

    const envelope = createHash('sha256').update(text(account, 'secret_key')).digest('hex');
    const accessKey = text(account, 'access_key');
    expect(await store.accounts.findByAccessKey(accessKey)).toStrictEqual({
      id: account['_id'],
      email: 'mixed@example.com',
      company: 'Old Ltd',
      passwordHash: account['password_hash'],
      credentials: { accessKey, secretSealed: { keyId: 'k1', envelope }, secretHash: `hash of ${envelope}` },
      status: 'active',
      rateLimit: { requestsPerHour: 9 },
      origin: 'local',
      createdAt: account['created_at'],
      updatedAt: account['updated_at'],
    });
  });

  it.each([
    ['without a prefix, 32 hex', '0123456789abcdef0123456789abcdef'],
    ['without a prefix, 64 hex', originalSecret()],
    ['with our prefix', `AK_${originalSecret().slice(0, 32)}`],
  ])('finds an account by an AccessKey %s', async (_name, accessKey) => {
    await fillOriginal(original, {
      accounts: [originalAccount({ access_key: accessKey, secret_key: `SK_${originalSecret()}` })],
    });
    await run();
    expect(await store.accounts.findByAccessKey(accessKey)).toBeDefined();
  });

  it('takes over tokens of every kind, found by the hash of their old value', async () => {
    const accountId = text(originalAccount(), '_id');
    const tokens = {
      plain: originalToken(accountId, { total_requests: 41, last_used_at: inDays(-1) }),
      underscore: originalToken(accountId, { token: `my_app_${originalSecret()}` }),
      disabled: originalToken(accountId, { is_active: false }),
      expired: originalToken(accountId, { expires_at: inDays(-3) }),
      living: originalToken(accountId, { expires_at: inDays(3) }),
      subAccount: originalToken(accountId, { iuid: '77', iam_alias: 'ops' }),
    };
    await fillOriginal(original, { accounts: [originalAccount({ _id: accountId })], tokens: Object.values(tokens) });

    expect(await run()).toMatchObject({ tokens: { ...none, inserted: 6 }, problems: [] });

    const found = async (name: keyof typeof tokens) =>
      (await store.tokens.findCredentialByHash(hashToken(text(tokens[name], 'token'))))?.token;
    expect(await found('plain')).toMatchObject({
      accountId,
      isActive: true,
      totalRequests: 41,
      lastUsedAt: inDays(-1),
    });
    expect(await found('plain')).not.toHaveProperty('expiresAt');
    expect(await found('underscore')).toMatchObject({ id: tokens.underscore['token_id'] });
    expect(await found('disabled')).toMatchObject({ isActive: false });
    expect(await found('expired')).toMatchObject({ expiresAt: inDays(-3), purgeAt: inDays(27) });
    expect(await found('living')).toMatchObject({ expiresAt: inDays(3), purgeAt: inDays(33) });
    expect(await found('subAccount')).toMatchObject({ subAccount: { iuid: '77', iamAlias: 'ops' } });
    const preview = (await found('plain'))?.preview ?? '';
    expect(preview).toHaveLength(67);
    expect(preview).toContain('*'.repeat(30));
  });

  it('follows an ObjectId from account to token', async () => {
    const id = new mongo.ObjectId();
    await fillOriginal(original, { accounts: [originalAccount({ _id: id })], tokens: [originalToken(id)] });

    expect(await run()).toMatchObject({ accounts: { inserted: 1 }, tokens: { inserted: 1 } });
    expect((await store.tokens.list(id.toHexString(), {}, page)).total).toBe(1);
  });

  it('makes the account that a Qiniu token names and the original never stored', async () => {
    await fillOriginal(original, { tokens: [originalToken('qiniu_1380000001'), originalToken('qiniu_1380000001')] });

    expect(await run()).toMatchObject({ accounts: { inserted: 1 }, tokens: { inserted: 2 }, problems: [] });
    expect(await store.accounts.findByQiniuUid(1_380_000_001)).toMatchObject({
      id: 'qiniu_1380000001',
      status: 'active',
    });
  });

  it('keeps no secret of the original anywhere, also not from its audit trail', async () => {
    const account = originalAccount();
    const token = originalToken(account['_id']);
    const secrets = [text(account, 'secret_key'), text(token, 'token').slice(3)];
    await fillOriginal(original, {
      accounts: [account],
      tokens: [token],
      audit_logs: [
        originalAudit(account['_id'], {
          request_data: { password: 'hunter2', note: `new key ${secrets[0] ?? ''}`, company: 'Old Ltd', 'a.b': 1 },
        }),
        originalAudit(account['_id'], { result: 'failure', error_msg: `bad token ${text(token, 'token')}` }),
      ],
    });

    expect(await run()).toMatchObject({ audit_logs: { ...none, inserted: 2 } });

    const stored = await everythingStored();
    for (const secret of [...secrets, 'hunter2']) expect(stored).not.toContain(secret);
    const { items } = await store.audits.list(text(account, '_id'), { action: 'create_token' }, page);
    const withData = items.find((record) => record.requestData !== undefined);
    expect(withData?.requestData).toStrictEqual({
      password: '[removed]',
      note: 'new key [removed]',
      company: 'Old Ltd',
      'a.b': 1,
    });
    expect(items.find((record) => record.result === 'failure')?.errorMessage).toBe('bad token sk-[removed]');
  });

  it('reports what it can’t take over, by id and field, without any value, and takes the rest', async () => {
    const good = originalAccount({ _id: 'a0' });
    const leak = originalSecret();
    await fillOriginal(original, {
      accounts: [
        good,
        originalAccount({ _id: 'a1', secret_key: `$2b$10$${'x'.repeat(53)}` }),
        originalAccount({ _id: 'a2', email: good['email'] }),
        originalAccount({ _id: 'a3', access_key: good['access_key'] }),
        originalAccount({ _id: 42 }),
      ],
      tokens: [
        originalToken('a0', { _id: 't0' }),
        originalToken('a0', { _id: 't1', token: `${leak}-cut` }),
        originalToken('a1', { _id: 't2', token_id: 'tk_orphan' }),
        originalToken('a0', { _id: 't3', token_id: leak, is_active: 'yes' }),
      ],
    });

    const report = await run();

    expect(report.accounts).toStrictEqual({ ...none, inserted: 1, conflict: 2, invalid: 2 });
    expect(report.tokens).toStrictEqual({ ...none, inserted: 1, invalid: 3 });
    expect(report.problems.map(({ id, field }) => [id, field])).toStrictEqual(
      expect.arrayContaining([
        ['a1', 'secret_key'],
        ['a2', 'email'],
        ['a3', 'access_key'],
        ['(not an id)', '_id'],
        ['t1', 'token'],
        ['tk_orphan', 'account_id'],
        ['t3', 'is_active'],
      ]),
    );
    expect(JSON.stringify(report)).not.toContain(leak);
  });

  it('leaves out what retention would delete at once', async () => {
    await fillOriginal(original, {
      accounts: [originalAccount({ _id: 'a0' })],
      tokens: [originalToken('a0', { expires_at: inDays(-30) })],
      audit_logs: [originalAudit('a0', { timestamp: inDays(-91) })],
    });

    expect(await run()).toMatchObject({ tokens: { ...none, skipped: 1 }, audit_logs: { ...none, skipped: 1 } });
  });

  function manyRecords() {
    const accounts = Array.from({ length: 20 }, () => originalAccount());
    const tokens = accounts.flatMap(({ _id }) => [originalToken(_id), originalToken(_id)]);
    return { accounts, tokens, audit_logs: accounts.map(({ _id }) => originalAudit(_id)) };
  }

  it('changes nothing the second time, and seals nothing again', async () => {
    await fillOriginal(original, manyRecords());
    await run();
    const first = await everythingStored();
    sealed.length = 0;

    const report = await run();

    expect(report).toMatchObject({
      accounts: { ...none, exists: 20 },
      tokens: { ...none, exists: 40 },
      audit_logs: { ...none, exists: 20 },
      problems: [],
    });
    expect(await everythingStored()).toBe(first);
    expect(sealed).toStrictEqual([]);
  });

  it.each([1, 3, 4, 9])('ends the same when interrupted after %d portions and resumed', async (portions) => {
    await fillOriginal(original, manyRecords());
    let last: ImportCursor | undefined;
    let left = portions;
    const interrupted = run({
      onProgress: (cursor) => {
        if (left-- === 0) throw new Error('interrupted');
        last = cursor;
      },
    });
    await expect(interrupted).rejects.toThrow('interrupted');

    await run(last === undefined ? {} : { resumeAfter: last });

    expect((await store.accounts.listAcrossAccounts({}, page)).total).toBe(20);
    expect(await store.database.collection('tokens').countDocuments()).toBe(40);
    const trail = (action: string) => store.audits.listAcrossAccounts({ action }, page);
    expect((await trail('create_token')).total).toBe(20);
    expect((await trail('import_account')).total).toBe(20);
    expect((await trail('import_token')).total).toBe(40);
    expect(await run()).toMatchObject({ accounts: { exists: 20 }, tokens: { exists: 40 }, audit_logs: { exists: 20 } });
  });

  it('does not give back a token that was revoked here since', async () => {
    const token = originalToken('a0');
    await fillOriginal(original, { accounts: [originalAccount({ _id: 'a0' })], tokens: [token] });
    await run();
    const id = text(token, 'token_id');
    await store.tokens.delete('a0', id, buildAuditRecord({ accountId: 'a0', action: 'delete_token', resourceId: id }));

    expect(await run()).toMatchObject({ tokens: { ...none, skipped: 1 } });
    expect(await store.tokens.findCredentialByHash(hashToken(text(token, 'token')))).toBeUndefined();
  });

  it('writes nothing in a dry run, and says what a real one would do', async () => {
    const accounts = [originalAccount({ _id: 'a0' }), originalAccount({ _id: 'a1', email: 'TWICE@example.com' })];
    await fillOriginal(original, { accounts, tokens: [originalToken('a0')] });
    await run();
    await fillOriginal(original, {
      accounts: [originalAccount({ _id: 'a2', email: 'twice@example.com' }), originalAccount({ _id: 'a3' })],
      tokens: [originalToken('a3'), originalToken('qiniu_7'), originalToken('a9')],
      audit_logs: [originalAudit('a3')],
    });
    const before = await everythingStored();
    sealed.length = 0;

    const planned = await run({ dryRun: true });

    expect(await everythingStored()).toBe(before);
    expect(sealed).toStrictEqual([]);
    expect(await run()).toStrictEqual({ ...planned, dryRun: false });
    expect(planned).toMatchObject({
      dryRun: true,
      accounts: { inserted: 2, exists: 2, conflict: 1 },
      tokens: { inserted: 2, exists: 1, invalid: 1 },
      audit_logs: { inserted: 1 },
    });
  });

  it('never writes to the original', async () => {
    await fillOriginal(original, manyRecords());
    const dump = async () =>
      JSON.stringify(
        await Promise.all(
          ['accounts', 'tokens', 'audit_logs'].map((name) =>
            original.collection(name).find().sort({ _id: 1 }).toArray(),
          ),
        ),
      );
    const before = await dump();
    await run();
    expect(await dump()).toBe(before);
    expect(await original.listCollections().toArray()).toHaveLength(3);
  });
});

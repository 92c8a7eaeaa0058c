import { join, resolve } from 'node:path';
import { TokenValidator, TollgateClient } from '@tollgate/client';
import { mongo } from 'mongoose';
import { type ApiProcess, startApi } from '../support/api-process';
import { describeWithMongo } from '../support/mongo-server';
import { type ProcessRun, runProcess } from '../support/run-process';

const MAIN = resolve(__dirname, '../../dist/cli/src/cli/main.js');
const CREATED = new Date('2025-06-01T00:00:00Z');
const ACCOUNT = {
  _id: '0123456789abcdef01234567',
  email: 'Old@Example.com',
  company: 'Old Ltd',
  password_hash: `$2a$10$${'a'.repeat(53)}`,
  access_key: '0123456789abcdef0123456789abcdef',
  secret_key: 'cd'.repeat(32),
  status: 'active',
  created_at: CREATED,
  updated_at: CREATED,
};
const TOKEN = {
  token_id: 'tk_old',
  account_id: ACCOUNT._id,
  token: `sk-${'ab'.repeat(32)}`,
  description: 'from before',
  scope: ['storage:read'],
  created_at: CREATED,
  is_active: true,
  total_requests: 3,
};

interface Counts {
  readonly inserted: number;
  readonly exists: number;
  readonly invalid: number;
}

describeWithMongo('tollgate import mongo', (mongoServer) => {
  let api: ApiProcess;
  let client: mongo.MongoClient;
  let database: mongo.Db;
  beforeAll(async () => {
    client = await mongo.MongoClient.connect(mongoServer().uri);
    database = client.db(mongoServer().newDatabaseName());
    await database.collection<{ _id: string }>('accounts').insertOne({ ...ACCOUNT });
    await database.collection('tokens').insertMany([{ ...TOKEN }, { ...TOKEN, token_id: 'tk_bad', token: 'no token' }]);
    api = await startApi();
  });
  afterAll(async () => {
    await api.stop();
    await database.dropDatabase();
    await client.close();
  });

  async function importMongo(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<ProcessRun> {
    const flags = ['import', 'mongo', '--database', database.databaseName, ...args];
    const surroundings = { DATA_DIR: api.dataDir, BCRYPT_COST: '4', TOLLGATE_IMPORT_URI: mongoServer().uri, ...env };
    return runProcess(process.execPath, [MAIN, ...flags], { env: surroundings });
  }
  const read = ({ stdout }: ProcessRun): { accounts: Counts; tokens: Counts } =>
    JSON.parse(stdout) as { accounts: Counts; tokens: Counts };
  const old = (): TollgateClient =>
    new TollgateClient({ baseUrl: api.url, accessKey: ACCOUNT.access_key, secretKey: ACCOUNT.secret_key });

  it('says what it would do in a dry run, and does not', async () => {
    const run = await importMongo(['--dry-run', '--json']);

    expect(read(run)).toMatchObject({ dryRun: true, accounts: { inserted: 1 }, tokens: { inserted: 1, invalid: 1 } });
    await expect(old().me()).rejects.toMatchObject({ status: 401 });
  });

  it('lets old clients sign and validate with their old credentials, while the api runs', async () => {
    const run = await importMongo([]);

    // One record is wrong: told by name, by the exit code, and without its value.
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain('token is not a prefix and 64 hex');
    expect(run.stderr).toContain('error: 1 records could not be taken over\n');
    for (const secret of [ACCOUNT.secret_key, TOKEN.token, 'no token']) {
      expect(run.stdout + run.stderr).not.toContain(secret);
    }
    await expect(old().me()).resolves.toMatchObject({ id: ACCOUNT._id, email: 'old@example.com' });
    const validator = new TokenValidator({ baseUrl: api.url });
    await expect(validator.validate(TOKEN.token, { requiredScope: 'storage:read' })).resolves.toMatchObject({
      valid: true,
    });
  });

  it('may be repeated: nothing is taken twice, and what was revoked here stays revoked', async () => {
    expect(read(await importMongo(['--json']))).toMatchObject({
      accounts: { inserted: 0, exists: 1 },
      tokens: { inserted: 0, exists: 1 },
    });
    await old().deleteToken(TOKEN.token_id);

    expect(read(await importMongo(['--json']))).toMatchObject({ tokens: { inserted: 0, skipped: 1 } });
    const validator = new TokenValidator({ baseUrl: api.url });
    await expect(validator.validate(TOKEN.token)).resolves.toMatchObject({ valid: false });
  });

  it('names what is missing or wrong in one line, without a password', async () => {
    const unset = await importMongo([], { TOLLGATE_IMPORT_URI: '' });
    expect(unset).toMatchObject({ exitCode: 2, stderr: 'error: import mongo: set TOLLGATE_IMPORT_URI or --from\n' });

    const wrong = await importMongo(['--from', 'mongodb://user:hidden@:::/']);
    expect(wrong).toMatchObject({ exitCode: 2, stdout: '' });
    expect(wrong.stderr).toMatch(/^error: --from: (?!.*hidden).*\n$/);

    const elsewhere = await importMongo([], { DATA_DIR: join(api.dataDir, 'nowhere') });
    expect(elsewhere.stderr).toMatch(/^error: no master keys: .*\n$/);
  });
});

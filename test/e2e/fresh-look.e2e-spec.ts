import { mongo } from 'mongoose';
import { type ApiProcess, startApi } from '../support/api-process';
import { eventually } from '../support/eventually';
import { Tenant, newTenant, validate } from '../support/hmac-client';
import { type Answer, send } from '../support/http-client';
import { describeWithMongo } from '../support/mongo-server';

describeWithMongo('Cache-Control: no-cache on a validation', (server) => {
  let database: string;
  let here: ApiProcess;
  let there: ApiProcess;

  beforeAll(async () => {
    database = server().newDatabaseName();
    // No Redis, and a cache that would believe what it has for minutes.
    const env = { MONGO_URI: server().uri, MONGO_DATABASE: database, CACHE_TOKEN_TTL: '5m' };
    here = await startApi({ env });
    there = await startApi({ env, dataDir: here.dataDir });
  });
  afterAll(async () => {
    await there.stop();
    await here.stop();
    const client = await mongo.MongoClient.connect(server().uri);
    await client.db(database).dropDatabase();
    await client.close();
  });

  const validateFresh = async (token: string): Promise<Answer> =>
    send(there.url, {
      method: 'POST',
      path: '/api/v2/validate',
      headers: { authorization: `Bearer ${token}`, 'cache-control': 'no-cache' },
    });

  it('finds a revoke by another process within a second of the last look, which the cache alone would not', async () => {
    const tenant: Tenant = await newTenant(here.url);
    const made = await tenant.createToken();
    const token = made.string('token');
    expect((await validate(there.url, token)).status).toBe(200);
    await tenant.call('PUT', `/api/v2/tokens/${made.string('token_id')}/status`, { is_active: false });
    expect((await validate(there.url, token)).status).toBe(200);
    await eventually(1_500, async () => {
      expect((await validateFresh(token)).refusal).toBe('401 Token is inactive');
    });
    expect((await validate(there.url, token)).refusal).toBe('401 Token is inactive');
  });

  it('finds nothing out about tokens that are not known', async () => {
    for (let asked = 0; asked < 3; asked += 1)
      expect((await validateFresh('junk')).refusal).toBe('401 Token not found');
  });
});

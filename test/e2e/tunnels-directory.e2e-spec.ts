import { randomBytes } from 'node:crypto';
import { type ApiProcess, startApi } from '../support/api-process';
import { DirectoryServer } from '../support/directory-server';
import { eventually } from '../support/eventually';
import { Tenant, callWithBearer, expectStatus } from '../support/hmac-client';
import { ADMIN_TUNNELS, TUNNELS } from '../support/tunnel-stores';

const CACHE_LAG_MS = 5_000;

describe('tunnel tokens of accounts in an external directory', () => {
  let directory: DirectoryServer;
  let api: ApiProcess;
  const entry = {
    id: 'ext_1',
    email: 'ext@example.com',
    access_key: randomBytes(16).toString('hex'),
    secret_key: randomBytes(32).toString('hex'),
    status: 'active',
  };

  beforeAll(async () => {
    directory = await DirectoryServer.start();
    directory.answer((_query, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(entry));
    });
    api = await startApi({
      env: {
        ACCOUNT_FETCHER_MODE: 'external',
        EXTERNAL_ACCOUNT_API_URL: directory.url,
        EXTERNAL_ACCOUNT_CACHE_TTL: '100ms',
      },
    });
  });
  afterAll(async () => {
    await api.stop();
    await directory.stop();
  });

  it('are suspended and come back as the directory says', async () => {
    const tenant = new Tenant(api.url, entry.id, entry.access_key, entry.secret_key);
    const made = expectStatus(201, await tenant.call('POST', TUNNELS));
    const becomes = async (status: string, state: string): Promise<void> => {
      entry.status = status;
      await eventually(CACHE_LAG_MS, async () => {
        await tenant.call('GET', TUNNELS);
        const path = `${ADMIN_TUNNELS}/${made.string('token_id')}`;
        expect((await callWithBearer(api.url, api.operatorKey, 'GET', path)).body).toMatchObject({ state });
      });
    };
    await becomes('suspended', 'suspended');
    await becomes('active', 'active');
  });
});

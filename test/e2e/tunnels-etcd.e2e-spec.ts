import { type ApiProcess, startApi } from '../support/api-process';
import { type EtcdForTests, describeWithEtcd, startEtcd } from '../support/etcd-server';
import { eventually } from '../support/eventually';
import { type Tenant, callWithBearer, expectStatus, newTenant } from '../support/hmac-client';
import type { Answer, Json } from '../support/http-client';
import { ADMIN_TUNNELS, TUNNELS, startApiOnEtcd } from '../support/tunnel-stores';

const PREFIX = '/frp/tokens/';
const SEEN_MS = 2_000;
const BACK_MS = 15_000;

describeWithEtcd('tunnel tokens in etcd', () => {
  let etcd: EtcdForTests;
  let api: ApiProcess;
  let tenant: Tenant;
  beforeAll(async () => {
    etcd = await startEtcd();
    api = await startApiOnEtcd(etcd);
  });
  afterAll(async () => {
    await api.stop();
    await etcd.stop();
  });
  beforeEach(async () => {
    tenant = await newTenant(api.url);
  });
  const operator = async (method: string, path: string, body?: unknown): Promise<Answer> =>
    callWithBearer(api.url, api.operatorKey, method, path, body);
  const documentOf = async (value: string): Promise<Json> =>
    JSON.parse(String(await etcd.client.get(PREFIX + value))) as Json;
  const findByHand = async (description: string): Promise<Json> => {
    let found: Json | undefined;
    await eventually(SEEN_MS, async () => {
      [found] = (await operator('GET', `${ADMIN_TUNNELS}?search=${description}`)).list('tunnels');
      expect(found).toBeDefined();
    });
    return found ?? {};
  };

  it("have the contract's key and names", async () => {
    const fields = { allow_ports: [{ single: 25_000 }], bandwidth_limit: '10MB', allow_ips: ['10.0.0.0/8'] };
    const made = expectStatus(201, await tenant.call('POST', TUNNELS, fields));
    const value = made.string('token');
    expect(await documentOf(value)).toEqual({
      token: value,
      id: made.string('token_id'),
      accountId: tenant.accountId,
      region: 'eu',
      enabled: true,
      allowPorts: [{ single: 25_000 }],
      bandwidthLimit: '10MB',
      allowIPs: ['10.0.0.0/8'],
      createdAt: made.string('created_at'),
    });
    await tenant.call('DELETE', `${TUNNELS}/${made.string('token_id')}`);
    expect(await etcd.client.get(PREFIX + value)).toBeNull();
  });

  it("written by hand are an operator's to see and to change, and keep what nobody knows of", async () => {
    const byHand = {
      token: 'alpha-secret-value',
      region: 'eu',
      enabled: true,
      description: 'byhand',
      extra: { a: [1] },
    };
    await etcd.client.put(PREFIX + byHand.token).value(JSON.stringify(byHand));
    const seen = await findByHand('byhand');
    expect(seen).toMatchObject({ token_preview: 'alph…', state: 'active', region: 'eu', description: 'byhand' });
    expect(JSON.stringify(seen)).not.toContain('secret');
    expect((await tenant.call('GET', `${TUNNELS}/${String(seen['token_id'])}`)).status).toBe(404);
    const path = `${ADMIN_TUNNELS}/${String(seen['token_id'])}`;
    expect((await operator('PATCH', path, { max_clients: 4 })).status).toBe(200);
    expect(await documentOf(byHand.token)).toEqual({ ...byHand, maxClients: 4 });
    expect((await operator('DELETE', path)).status).toBe(200);
    expect(await etcd.client.get(PREFIX + byHand.token)).toBeNull();
  });

  it('without a region are refused where the api has none for them', async () => {
    const other = await startApi({ env: { ETCD_ENDPOINTS: etcd.endpoint } });
    try {
      const stranger = await newTenant(other.url);
      expect((await stranger.call('POST', TUNNELS)).refusal).toBe('400 region: is required');
      expect((await stranger.call('POST', TUNNELS, { region: 'us' })).body).toMatchObject({ region: 'us' });
    } finally {
      await other.stop();
    }
  });

  it('made by one process are known to another in its next answer', async () => {
    const other = await startApiOnEtcd(etcd);
    try {
      const made = expectStatus(201, await operator('POST', ADMIN_TUNNELS, {}));
      const path = `${ADMIN_TUNNELS}/${made.string('token_id')}`;
      expect((await callWithBearer(other.url, other.operatorKey, 'GET', path)).status).toBe(200);
    } finally {
      await other.stop();
    }
  });

  describe('while etcd is away', () => {
    it('are neither shown nor changed, with a word when to come back, and everything works again after', async () => {
      const made = expectStatus(201, await tenant.call('POST', TUNNELS, { description: 'before' }));
      const path = `${TUNNELS}/${made.string('token_id')}`;
      await etcd.kill();
      const requests = [
        ['POST', TUNNELS, {}],
        ['GET', TUNNELS, undefined],
        ['GET', path, undefined],
        ['PATCH', path, { description: 'meanwhile' }],
        ['POST', `${path}/rotate`, undefined],
        ['DELETE', path, undefined],
      ] as const;
      for (const [method, where, body] of requests) {
        const answer = await tenant.call(method, where, body);
        expect(answer.refusal).toBe('503 the tunnel token store is unavailable');
        expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
      }
      expect((await tenant.call('GET', '/api/v2/tokens')).status).toBe(200);
      await etcd.restart();
      await eventually(BACK_MS, async () => {
        expect((await tenant.call('GET', path)).body).toMatchObject({ description: 'before', state: 'active' });
      });
      expect((await tenant.call('GET', TUNNELS)).body['total']).toBe(1);
    });

    it('follow a suspension as soon as it is back', async () => {
      const made = expectStatus(201, await tenant.call('POST', TUNNELS));
      await etcd.kill();
      const account = `/api/v2/admin/accounts/${tenant.accountId}`;
      const answer = await operator('PUT', `${account}/status`, { status: 'suspended' });
      expect(answer.refusal).toBe('503 the tunnel token store is unavailable');
      expect((await operator('GET', account)).body).toMatchObject({ status: 'suspended' });
      await etcd.restart();
      await eventually(BACK_MS, async () => {
        expect(await documentOf(made.string('token'))).toMatchObject({ suspended: true, enabled: true });
      });
    });
  });

  it('are marked when a process starts that finds its account suspended', async () => {
    const made = expectStatus(201, await tenant.call('POST', TUNNELS));
    await operator('PUT', `/api/v2/admin/accounts/${tenant.accountId}/status`, { status: 'suspended' });
    const { suspended: _mark, ...document } = await documentOf(made.string('token'));
    await etcd.client.put(PREFIX + made.string('token')).value(JSON.stringify(document));
    const again = await startApi({ dataDir: api.dataDir, env: { ETCD_ENDPOINTS: etcd.endpoint } });
    try {
      await eventually(SEEN_MS, async () => {
        expect(await documentOf(made.string('token'))).toMatchObject({ suspended: true });
      });
    } finally {
      await again.stop();
    }
  });
});

describe('tunnel tokens that nobody manages', () => {
  it('are answered as such, where gateways know a single one', async () => {
    const api = await startApi({ env: { TENANT_SOURCE: 'single' } });
    try {
      const tenant = await newTenant(api.url);
      expect((await tenant.call('GET', TUNNELS)).refusal).toBe(
        '501 tunnel tokens are not managed in this configuration',
      );
      const suspended = await callWithBearer(
        api.url,
        api.operatorKey,
        'PUT',
        `/api/v2/admin/accounts/${tenant.accountId}/status`,
        { status: 'suspended' },
      );
      expect(suspended.status).toBe(200);
    } finally {
      await api.stop();
    }
  });

  it('are made by operators only, where self-service is limited', async () => {
    const api = await startApi({ env: { TUNNEL_SELF_SERVICE: 'limited' } });
    try {
      const tenant = await newTenant(api.url);
      expect((await tenant.call('POST', TUNNELS)).refusal).toBe('403 tunnel tokens are made by operators here');
      const body = { account_id: tenant.accountId };
      const made = await callWithBearer(api.url, api.operatorKey, 'POST', ADMIN_TUNNELS, body);
      const path = `${TUNNELS}/${made.string('token_id')}`;
      expect((await tenant.call('PATCH', path, { max_clients: 0 })).refusal).toBe(
        '403 max_clients: is changed by operators only here',
      );
      expect((await tenant.call('PATCH', path, { description: 'mine' })).status).toBe(200);
      expect((await tenant.call('POST', `${path}/rotate`)).status).toBe(201);
    } finally {
      await api.stop();
    }
  });
});

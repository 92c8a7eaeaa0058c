import { RedisConnection, RedisGatewayBoard } from '@tollgate/redis';
import type { GatewayBoard, GatewayCommand, PresentClient } from '@tollgate/domain';
import { GatewayAnnouncer, openEtcdGatewayBoard } from '@tollgate/tunnel-tokens';
import { type ApiProcess, startApi } from '../support/api-process';
import { describeWithEtcd, startEtcd } from '../support/etcd-server';
import { eventually } from '../support/eventually';
import { type Tenant, callWithBearer, expectStatus, newTenant } from '../support/hmac-client';
import type { Answer } from '../support/http-client';
import { describeWithRedisProgram, startRedis } from '../support/redis-server';
import { ADMIN_TUNNELS, TUNNELS, startApiOnEtcd } from '../support/tunnel-stores';

const CLIENTS = `${TUNNELS}/clients`;
const ADMIN_CLIENTS = `${ADMIN_TUNNELS}/clients`;
const HEARD_MS = 2_000;

interface Installation {
  readonly api: ApiProcess;
  /** A gateway's way into the same board. */
  readonly board: GatewayBoard;
  stop(): Promise<void>;
}

function defineClients(start: () => Promise<Installation>): void {
  let running: Installation;
  let tenant: Tenant;
  const heard: GatewayCommand[][] = [[], []];
  const shown: PresentClient[][] = [[], []];
  let gateways: readonly GatewayAnnouncer[] = [];
  let nowMs = 0;
  beforeAll(async () => {
    running = await start();
    const log = { debug: jest.fn(), info: jest.fn(), warn: jest.fn(), error: jest.fn() };
    gateways = shown.map(
      (clients, index) =>
        new GatewayAnnouncer(running.board, {
          gatewayId: `gw${String(index)}`,
          listClients: () => clients,
          onCommand: (command) => heard[index]?.push(command),
          log,
        }),
    );
    await look();
  });
  afterAll(async () => {
    for (const gateway of gateways) await gateway.close();
    await running.stop();
  });
  beforeEach(async () => {
    tenant = await newTenant(running.api.url);
    for (const list of [...heard, ...shown]) list.length = 0;
  });
  const look = async (): Promise<void> => {
    nowMs += 2_000;
    for (const gateway of gateways) {
      gateway.tick(nowMs);
      await gateway.settled();
    }
  };
  const operator = async (method: string, path: string, body?: unknown): Promise<Answer> =>
    callWithBearer(running.api.url, running.api.operatorKey, method, path, body);
  const connect = async (gateway: number, runId: string, of = tenant): Promise<PresentClient> => {
    const made = expectStatus(201, await of.call('POST', TUNNELS, {}));
    const client: PresentClient = {
      tokenId: made.string('token_id'),
      accountId: of.accountId,
      runId,
      clientAddress: '203.0.113.7:40000',
      version: '0.70.1',
      gatewayId: `gw${String(gateway)}`,
      sinceMs: Date.UTC(2026, 0, 4, 10) + gateway,
      proxies: [{ name: 'web', type: 'tcp', remoteAddress: ':20000', connections: 3, inBytes: 5, outBytes: 7 }],
    };
    shown[gateway]?.push(client);
    await look();
    return client;
  };
  const bothHeard = async (commands: readonly GatewayCommand[]): Promise<void> => {
    await eventually(HEARD_MS, async () => {
      expect(heard).toEqual([commands, commands]);
      return Promise.resolve();
    });
  };

  it('shows each account its own, over all gateways, and operators everybody', async () => {
    const stranger = await newTenant(running.api.url);
    const [mine, , theirs] = [await connect(0, 'r1'), await connect(1, 'r2'), await connect(1, 'r3', stranger)];
    const list = await tenant.call('GET', CLIENTS);
    expect(list.body).toMatchObject({ total: 2, limit: 50, offset: 0 });
    expect(list.list('clients')[0]).toEqual({
      token_id: mine.tokenId,
      account_id: tenant.accountId,
      run_id: 'r1',
      client_address: '203.0.113.7:40000',
      version: '0.70.1',
      gateway_id: 'gw0',
      connected_at: '2026-01-04T10:00:00.000Z',
      proxies: [{ name: 'web', type: 'tcp', remote_address: ':20000', connections: 3, in_bytes: 5, out_bytes: 7 }],
    });
    expect((await stranger.call('GET', CLIENTS)).list('clients').map(({ run_id: id }) => id)).toEqual(['r3']);
    const all = await operator('GET', ADMIN_CLIENTS);
    expect(all.list('clients').map(({ run_id: id }) => id)).toEqual(['r1', 'r2', 'r3']);
    expect((await operator('GET', `${ADMIN_CLIENTS}?token_id=${theirs.tokenId}`)).body['total']).toBe(1);
    expect((await tenant.call('GET', `${CLIENTS}?token_id=${theirs.tokenId}`)).body['total']).toBe(0);
    expect((await tenant.call('GET', `${CLIENTS}?token_id=x`)).status).toBe(400);
  });

  it('tells every gateway whom to close', async () => {
    const { tokenId } = await connect(1, 'r1');
    expect((await tenant.call('POST', `${CLIENTS}/r1/kick`)).status).toBe(200);
    const first: GatewayCommand = { kind: 'kick', target: { tokenId, runId: 'r1' }, blockSeconds: 60 };
    await bothHeard([first]);
    const body = { block_seconds: 0, proxy: 'web' };
    expect((await tenant.call('POST', `${TUNNELS}/${tokenId}/kick`, body)).status).toBe(200);
    const second: GatewayCommand = { kind: 'kick', target: { tokenId, proxy: 'web' }, blockSeconds: 0 };
    await bothHeard([first, second]);
    const byOperator = await operator('POST', `${ADMIN_CLIENTS}/r1/kick`, { block_seconds: 86_400 });
    expect(byOperator.status).toBe(200);
    await bothHeard([first, second, { ...first, blockSeconds: 86_400 }]);
    const logs = await tenant.call('GET', '/api/v2/audit-logs?action=kick_tunnel_client');
    expect(logs.list('logs').map(({ resource_id: id, request_data: data }) => [id, data])).toEqual([
      [tokenId, { by: 'operator', run_id: 'r1', block_seconds: 86_400 }],
      [tokenId, { proxy: 'web', block_seconds: 0 }],
      [tokenId, { run_id: 'r1', block_seconds: 60 }],
    ]);
  });

  it("kicks nobody of another account's, also one with the same run id", async () => {
    const stranger = await newTenant(running.api.url);
    const theirs = await connect(0, 'theirs', stranger);
    await connect(0, 'same', stranger);
    const mine = await connect(1, 'same');
    for (const runId of ['theirs', 'none', '%00']) {
      expect((await tenant.call('POST', `${CLIENTS}/${runId}/kick`)).refusal).toBe('404 tunnel client not found');
    }
    const refused = await tenant.call('POST', `${TUNNELS}/${theirs.tokenId}/kick`);
    expect(refused.refusal).toBe('404 tunnel token not found');
    expect((await tenant.call('POST', `${CLIENTS}/same/kick`)).status).toBe(200);
    await bothHeard([{ kind: 'kick', target: { tokenId: mine.tokenId, runId: 'same' }, blockSeconds: 60 }]);
  });

  it.each([
    [{ block_seconds: -1 }, 'block_seconds: must not be negative'],
    [{ block_seconds: 86_401 }, 'block_seconds: must be at most 86400'],
    [{ block_seconds: '60' }, 'block_seconds: must be a number'],
    [{ proxy: '' }, 'proxy: must not be empty'],
    [{ blockSeconds: 1 }, 'request: unknown field blockSeconds'],
  ])('refuses a kick with %j', async (body, text) => {
    const { tokenId } = await connect(0, 'r1');
    expect((await tenant.call('POST', `${CLIENTS}/r1/kick`, body)).refusal).toBe(`400 ${text}`);
    expect((await tenant.call('POST', `${TUNNELS}/${tokenId}/kick`, body)).refusal).toBe(`400 ${text}`);
    expect(heard).toEqual([[], []]);
  });
}

describeWithEtcd('tunnel clients through etcd', () => {
  defineClients(async () => {
    const etcd = await startEtcd();
    const api = await startApiOnEtcd(etcd);
    const log = { debug: jest.fn(), info: jest.fn(), warn: jest.fn(), error: jest.fn() };
    const board = openEtcdGatewayBoard({ endpoints: [etcd.endpoint] }, log);
    return {
      api,
      board,
      stop: async () => {
        await api.stop();
        await board.close();
        await etcd.stop();
      },
    };
  });
});

describeWithRedisProgram('tunnel clients through Redis', () => {
  defineClients(async () => {
    const redis = await startRedis();
    const api = await startApi({ env: { REDIS_URL: redis.url, REDIS_KEY_PREFIX: 't:' } });
    const connection = RedisConnection.open({ url: redis.url, keyPrefix: 't:', onFault: () => undefined });
    await connection.untilUp(HEARD_MS);
    return {
      api,
      board: new RedisGatewayBoard(connection),
      stop: async () => {
        await api.stop();
        await connection.close();
        await redis.stop();
      },
    };
  });
});

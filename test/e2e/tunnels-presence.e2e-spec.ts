import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { type Socket, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ByteStream } from '@tollgate/stream-kit';
import { eventually } from '../support/eventually';
import { freePort } from '../support/free-port';
import { FrpClient } from '../support/frp-client';
import { type Tenant, callWithBearer, expectStatus, newTenant } from '../support/hmac-client';
import type { Answer } from '../support/http-client';
import { Launcher } from '../support/launcher';
import { ADMIN_TUNNELS, TUNNELS } from '../support/tunnel-stores';

jest.setTimeout(180_000);

const CLIENTS = `${TUNNELS}/clients`;
/** Gateways show every two seconds what has changed. */
const SHOWN_MS = 10_000;
const HEARD_MS = 5_000;
const REPORTED_MS = 15_000;
const BLOCKED = 'disconnected by an operator, try again later';

interface Made {
  readonly id: string;
  readonly token: string;
}

/** Sends back what it gets. */
function echoOn(stream: ByteStream): void {
  stream.attach({
    onData: (chunk) => {
      stream.write(Buffer.from(chunk));
    },
    onEnd: () => {
      stream.end();
    },
    onDrain: () => undefined,
    onClose: () => undefined,
  });
  stream.resume();
}

const local = { handler: echoOn };

describe('who is connected, with both programs of npm start on the embedded store', () => {
  let folder: string;
  let launcher: Launcher;
  let api: string;
  let bindPort: number;
  let operatorKey: string;
  let tenant: Tenant;
  const closing: (() => Promise<void> | void)[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tollgate-presence-'));
    bindPort = await freePort();
    launcher = new Launcher({
      // A port of its own is known to the gateway, so that it reports there.
      PORT: String(await freePort()),
      BIND_PORT: String(bindPort),
      GATEWAY_ADMIN_PORT: '0',
      DATA_DIR: folder,
      BCRYPT_COST: '4',
      REGISTER_LIMIT_PER_MINUTE: '100000',
    });
    await launcher.up();
    api = launcher.url('Health').replace('/health', '');
    operatorKey = (await readFile(join(folder, 'operator.key'), 'utf8')).trim();
  });
  afterAll(async () => {
    await launcher.stop();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    tenant = await newTenant(api);
  });
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  const operator = async (method: string, path: string, body?: unknown): Promise<Answer> =>
    callWithBearer(api, operatorKey, method, path, body);

  async function newToken(fields: Readonly<Record<string, unknown>> = {}): Promise<Made> {
    const made = expectStatus(201, await tenant.call('POST', TUNNELS, fields));
    return { id: made.string('token_id'), token: made.string('token') };
  }

  async function logIn(token: string, runId?: string): Promise<FrpClient> {
    let client: FrpClient | undefined;
    await eventually(HEARD_MS, async () => {
      client = await FrpClient.connect({ port: bindPort, token, ...(runId === undefined ? {} : { login: { runId } }) });
    });
    if (client === undefined) throw new Error('no client');
    closing.push(async () => client?.close());
    return client;
  }

  async function refusalOf(token: string, runId: string): Promise<string> {
    try {
      const client = await FrpClient.connect({ port: bindPort, token, login: { runId } });
      await client.close();
      return 'admitted';
    } catch (error) {
      return (error as Error).message;
    }
  }

  async function open(client: FrpClient, name = 'web'): Promise<number> {
    const remotePort = await freePort();
    const answer = await client.addProxy({ type: 'tcp', name, remotePort, local });
    expect(answer.error).toBe('');
    return remotePort;
  }

  /** A user who has sent so many bytes and got them back, and stays. */
  async function useIt(port: number, bytes: number): Promise<Socket> {
    const socket = connect(port, '127.0.0.1');
    closing.push(() => {
      socket.destroy();
    });
    let got = 0;
    await new Promise<void>((resolve, reject) => {
      socket.on('data', (chunk) => {
        got += chunk.length;
        if (got === bytes) resolve();
      });
      socket.once('error', reject);
      socket.write(Buffer.alloc(bytes));
    });
    return socket;
  }

  async function shown(check: (clients: readonly Readonly<Record<string, unknown>>[]) => void): Promise<void> {
    await eventually(SHOWN_MS, async () => {
      check((await tenant.call('GET', CLIENTS)).list('clients'));
    });
  }

  it('shows an account and operators each client with its proxies and live bytes, while it is there', async () => {
    const begunMs = Date.now();
    const { id, token } = await newToken();
    const client = await logIn(token);
    const port = await open(client);
    const user = await useIt(port, 5_000);
    const proxy = { name: 'web', type: 'tcp', remote_address: `:${String(port)}`, in_bytes: 5_000, out_bytes: 5_000 };
    await shown((clients) => {
      expect(clients).toEqual([
        {
          token_id: id,
          account_id: tenant.accountId,
          run_id: client.runId,
          client_address: expect.stringMatching(/127\.0\.0\.1/),
          version: '0.70.1',
          gateway_id: expect.any(String),
          connected_at: expect.any(String),
          proxies: [{ ...proxy, connections: 1 }],
        },
      ]);
    });
    const path = `${ADMIN_TUNNELS}/clients?token_id=${id}`;
    const [seen] = (await operator('GET', path)).list('clients');
    expect(seen).toMatchObject({ run_id: client.runId, proxies: [{ ...proxy, connections: 1 }] });
    expect(Date.parse(String(seen?.['connected_at']))).toBeGreaterThanOrEqual(begunMs);
    expect(Date.parse(String(seen?.['connected_at']))).toBeLessThanOrEqual(Date.now());
    const stranger = await newTenant(api);
    expect((await stranger.call('GET', CLIENTS)).body).toMatchObject({ total: 0, clients: [] });

    user.destroy();
    await useIt(port, 1);
    await shown((clients) => {
      expect(clients).toMatchObject([{ proxies: [{ connections: 1, in_bytes: 5_001, out_bytes: 5_001 }] }]);
    });
    await client.close();
    await shown((clients) => {
      expect(clients).toEqual([]);
    });
  });

  it('sends one client away by its run id, refuses it for so long, and leaves the others', async () => {
    const { token } = await newToken();
    const [kicked, other] = [await logIn(token), await logIn(token)];
    const [kickedUser, otherUser] = [await useIt(await open(kicked), 10), await useIt(await open(other, 'other'), 10)];
    await shown((clients) => {
      expect(clients).toHaveLength(2);
    });
    const kickedMs = performance.now();
    const answer = await tenant.call('POST', `${CLIENTS}/${kicked.runId}/kick`, { block_seconds: 2 });
    expect(answer.status).toBe(200);
    await kicked.closed;
    if (!kickedUser.closed) await new Promise((resolve) => kickedUser.once('close', resolve));
    expect(await refusalOf(token, kicked.runId)).toBe(BLOCKED);
    await eventually(HEARD_MS, async () => {
      expect(await refusalOf(token, kicked.runId)).toBe('admitted');
    });
    expect(performance.now() - kickedMs).toBeGreaterThan(2_000);
    expect(otherUser.destroyed).toBe(false);
    await expect(other.ping()).resolves.toBe('');
  });

  it('sends all clients of a token away, also for an operator, and refuses new ones of it alone', async () => {
    const [made, spared] = [await newToken(), await newToken()];
    const clients = [await logIn(made.token), await logIn(made.token)];
    const other = await logIn(spared.token);
    expect((await operator('POST', `${ADMIN_TUNNELS}/${made.id}/kick`, { block_seconds: 2 })).status).toBe(200);
    await Promise.all(clients.map(async (client) => client.closed));
    expect(await refusalOf(made.token, '')).toBe(BLOCKED);
    expect(await refusalOf(spared.token, '')).toBe('admitted');
    await eventually(HEARD_MS, async () => {
      expect(await refusalOf(made.token, '')).toBe('admitted');
    });
    await expect(other.ping()).resolves.toBe('');
  });

  it('closes one proxy of a client that stays, and refuses it for so long', async () => {
    const { token } = await newToken();
    const client = await logIn(token);
    const user = await useIt(await open(client), 10);
    await open(client, 'ssh');
    await shown((clients) => {
      expect(clients).toMatchObject([{ proxies: [{ name: 'web' }, { name: 'ssh' }] }]);
    });
    const path = `${CLIENTS}/${client.runId}/kick`;
    expect((await tenant.call('POST', path, { proxy: 'web', block_seconds: 2 })).status).toBe(200);
    if (!user.closed) await new Promise((resolve) => user.once('close', resolve));
    await shown((clients) => {
      expect(clients).toMatchObject([{ run_id: client.runId, proxies: [{ name: 'ssh' }] }]);
    });
    await eventually(HEARD_MS, async () => {
      await open(client);
    });
  });

  it('knows what a token has moved, with neither an address nor a key for reports set', async () => {
    const { id, token } = await newToken({ traffic_report_interval_mb: 10 });
    const client = await logIn(token);
    const port = await open(client);
    (await useIt(port, 5_000)).destroy();
    (await useIt(port, 70_000)).destroy();
    await eventually(REPORTED_MS, async () => {
      const traffic = await tenant.call('GET', `${TUNNELS}/${id}/traffic`);
      expect(traffic.body['total']).toEqual({ in_bytes: 75_000, out_bytes: 75_000 });
    });
  });
});

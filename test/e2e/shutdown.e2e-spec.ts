import { mkdtempSync, rmSync } from 'node:fs';
import { type Socket, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ApiProcess, startApi } from '../support/api-process';
import { ConnectionLoad, validateRequest } from '../support/connection-load';
import { describeOnEachStore } from '../support/each-store';
import { eventually } from '../support/eventually';
import { Tenant, newEmail, newTenant, register, validate } from '../support/hmac-client';

/** A connection over which a request goes out in pieces. */
class SlowRequest {
  private received = '';
  readonly ended: Promise<string>;
  private readonly socket: Socket;

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.socket = connect(Number(port), hostname);
    this.ended = new Promise((resolve) => {
      this.socket.on('data', (chunk) => (this.received += chunk.toString()));
      this.socket.on('error', () => undefined);
      this.socket.on('close', () => {
        resolve(this.received);
      });
    });
  }

  async write(text: string): Promise<void> {
    await new Promise<void>((resolve) =>
      this.socket.write(text, () => {
        resolve();
      }),
    );
  }
}

async function refusesConnections(api: ApiProcess): Promise<void> {
  await eventually(3_000, async () => {
    const { hostname, port } = new URL(api.url);
    const outcome = await new Promise<string>((resolve) => {
      const socket = connect(Number(port), hostname);
      socket.on('connect', () => {
        socket.destroy();
        resolve('accepted');
      });
      socket.on('error', () => {
        resolve('refused');
      });
    });
    expect(outcome).toBe('refused');
  });
}

function registration(body: string): string {
  return `POST /api/v2/accounts/register HTTP/1.1\r\nHost: api\r\nContent-Length: ${String(body.length)}\r\n\r\n`;
}

describeOnEachStore('on SIGTERM', (start) => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tollgate-stop-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('finishes the request that runs, refuses new connections, and exits with 0', async () => {
    const api = await start({ dataDir: folder });
    const email = newEmail();
    const body = JSON.stringify({ email, company: 'C', password: 'correct horse' });
    const running = new SlowRequest(api.url);
    const idle = new SlowRequest(api.url);
    await idle.write('GET /health HTTP/1.1\r\nHost: api\r\n\r\n');
    await running.write(registration(body) + body.slice(0, 10));
    expect((await register(api.url)).status).toBe(201);

    const exit = api.stop('SIGTERM');
    await refusesConnections(api);
    const began = performance.now();
    await running.write(body.slice(10));
    const answer = await running.ended;
    expect(answer).toMatch(/^HTTP\/1\.1 201 /);
    expect(await exit).toBe(0);
    // A client that keeps its connection open does not hold it up.
    expect(performance.now() - began).toBeLessThan(5_000);
    await idle.ended;

    const made = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)) as Record<string, string>;
    const again = await start({ dataDir: folder });
    const tenant = new Tenant(again.url, made['account_id'] ?? '', made['access_key'] ?? '', made['secret_key'] ?? '');
    expect((await tenant.call('GET', '/api/v2/accounts/me')).body['email']).toBe(email);
    expect(await again.stop()).toBe(0);
  });

  it('writes every use that it has counted', async () => {
    const api = await start({ dataDir: folder });
    const tenant = await newTenant(api.url);
    const made = await tenant.createToken();
    for (let use = 0; use < 25; use += 1) await validate(api.url, made.string('token'));
    expect(await api.stop('SIGTERM')).toBe(0);

    const again = await start({ dataDir: folder });
    const same = new Tenant(again.url, tenant.accountId, tenant.accessKey, tenant.secretKey);
    const stats = await same.call('GET', `/api/v2/tokens/${made.string('token_id')}/stats`);
    expect(stats.body['total_requests']).toBe(25);
    await again.stop();
  });
});

describe('on SIGTERM', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'cuts off at its deadline what does not end, and still exits with 0 (%s)',
    async (signal) => {
      const api = await startApi({ env: { SHUTDOWN_TIMEOUT: '1s' } });
      const endless = new SlowRequest(api.url);
      await endless.write(registration('x'.repeat(100)));
      expect((await register(api.url)).status).toBe(201);
      const began = performance.now();
      expect(await api.stop(signal)).toBe(0);
      expect(performance.now() - began).toBeGreaterThan(900);
      expect(performance.now() - began).toBeLessThan(4_000);
      expect(await endless.ended).toBe('');
    },
  );

  it('answers what still comes in on an open connection in the form of the house', async () => {
    const api = await startApi();
    const body = JSON.stringify({ email: newEmail(), company: 'C', password: 'correct horse' });
    const running = new SlowRequest(api.url);
    await running.write(registration(body));
    expect((await register(api.url)).status).toBe(201);
    const exit = api.stop('SIGTERM');
    await refusesConnections(api);
    await running.write(`${body}GET /nowhere HTTP/1.1\r\nHost: api\r\n\r\n`);
    const bodies = (await running.ended)
      .split('HTTP/1.1 ')
      .slice(1)
      .map((text) => text.slice(text.indexOf('\r\n\r\n') + 4));
    expect(bodies[0]).toContain('secret_key');
    for (const late of bodies.slice(1)) {
      expect(JSON.parse(late)).toEqual({
        error: expect.any(String),
        code: expect.any(Number),
        timestamp: expect.any(String),
      });
    }
    expect(await exit).toBe(0);
  });

  it('does not wait for clients that always have a validation running', async () => {
    const api = await startApi({ env: { SHUTDOWN_TIMEOUT: '10s' } });
    const token = (await (await newTenant(api.url)).createToken()).string('token');
    const statuses = new Set<number>();
    let answers = 0;
    const load = new ConnectionLoad({
      url: api.url,
      connections: 8,
      request: () => validateRequest(token),
      onAnswer: ({ status }) => {
        statuses.add(status);
        answers += 1;
      },
    });
    await eventually(5_000, () => {
      expect(answers).toBeGreaterThan(100);
      return Promise.resolve();
    });
    const began = performance.now();
    expect(await api.stop()).toBe(0);
    expect(performance.now() - began).toBeLessThan(5_000);
    await load.stop();
    expect(statuses).toEqual(new Set([200]));
  });

  it('says nothing but that it stops', async () => {
    const api = await startApi();
    await api.stop();
    expect(api.output()).not.toMatch(/"level":(?:40|50|60)(?!.*(?:master key|UPLOAD_AUTH_TOKEN))/);
    expect(api.output()).toMatch(/"msg":"stopped"/);
  });
});

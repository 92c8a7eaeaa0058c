import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ApiProcess, startApi } from '../support/api-process';
import { eventually } from '../support/eventually';
import { Tenant, expectStatus, newTenant, register, validate } from '../support/hmac-client';
import { send } from '../support/http-client';
import { describeWithRedis } from '../support/redis-server';

/** A connection of its own, which one worker serves for as long as it lives. */
class Connection {
  isClosed = false;
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(private readonly url: string) {}

  /** @returns the status; rejects when the connection is cut */
  async validate(token: string): Promise<number> {
    return this.send('POST', '/api/v2/validate', { Authorization: `Bearer ${token}` });
  }

  async health(): Promise<number> {
    return this.send('GET', '/health', {});
  }

  close(): void {
    this.agent.destroy();
  }

  private async send(method: string, path: string, headers: Record<string, string>): Promise<number> {
    return new Promise((resolve, reject) => {
      const outgoing = request(`${this.url}${path}`, { method, headers, agent: this.agent }, (answer) => {
        answer.resume();
        answer.on('end', () => {
          resolve(answer.statusCode ?? 0);
        });
      });
      outgoing.on('socket', (socket) => {
        if (socket.listenerCount('close', this.closed) === 0) socket.once('close', this.closed);
      });
      outgoing.on('error', reject);
      outgoing.end();
    });
  }

  private readonly closed = (): void => {
    this.isClosed = true;
  };
}

function workerPids(api: ApiProcess): number[] {
  return [...api.output().matchAll(/"pid":(\d+),"url":"[^"]*","msg":"api listening"/g)].map(([, pid]) => Number(pid));
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Asks over all connections at once, each one request after the other. */
async function hammer(connections: readonly Connection[], token: string, requestsEach: number): Promise<number[]> {
  const statuses = await Promise.all(
    connections.map(async (connection) => {
      const own: number[] = [];
      while (own.length < requestsEach) own.push(await connection.validate(token));
      return own;
    }),
  );
  return statuses.flat();
}

const countOf = (statuses: readonly number[], status: number): number =>
  statuses.filter((candidate) => candidate === status).length;

/** Asks until nearly all of a token's limit is used, and a good while longer; what one worker holds in advance comes back soon. */
async function expectLimitUsed(
  connections: readonly Connection[],
  token: string,
  { limit, used }: { readonly limit: number; readonly used: number },
): Promise<void> {
  let admitted = used;
  const ask = async (): Promise<void> => {
    const statuses = await hammer(connections, token, 50);
    admitted += countOf(statuses, 200);
    expect(countOf(statuses, 200) + countOf(statuses, 429)).toBe(statuses.length);
    expect(admitted).toBeLessThanOrEqual(limit);
  };
  await eventually(3_000, async () => {
    await ask();
    expect(admitted).toBeGreaterThanOrEqual(limit * 0.95);
  });
  await ask();
}

const TWO_WORKERS = { API_WORKERS: '2' };

describe('two workers', () => {
  let api: ApiProcess;
  let connections: Connection[];

  beforeAll(async () => {
    api = await startApi({
      env: {
        ...TWO_WORKERS,
        ENABLE_TOKEN_RATE_LIMIT: 'true',
        REGISTER_LIMIT_PER_MINUTE: '20',

        TRUST_PROXY: '127.0.0.1',
      },
    });
  });
  afterAll(async () => {
    await api.stop();
  });
  beforeEach(() => {
    connections = Array.from({ length: 16 }, () => new Connection(api.url));
  });
  afterEach(() => {
    for (const connection of connections) connection.close();
  });

  it('admit no request above the limit of a token, and nearly all below it', async () => {
    const tenant = await newTenant(api.url);
    const made = await tenant.createToken({ rate_limit: { requests_per_minute: 400 } });
    await expectLimitUsed(connections, made.string('token'), { limit: 400, used: 0 });
  });

  it('give back what they took of a limit in advance when they stop', async () => {
    const tenant = await newTenant(api.url);
    const made = await tenant.createToken({ rate_limit: { requests_per_minute: 400 } });
    const used = countOf(await hammer(connections, made.string('token'), 2), 200);
    for (const connection of connections) connection.close();
    // One after the other, as the port is free to take for anybody while nobody listens.
    for (const pid of workerPids(api).slice(-2)) {
      const before = workerPids(api).length;
      process.kill(pid, 'SIGTERM');
      await eventually(10_000, async () => {
        expect(workerPids(api)).toHaveLength(before + 1);
        await Promise.resolve();
      });
    }
    const fresh = Array.from({ length: 16 }, () => new Connection(api.url));
    await expectLimitUsed(fresh, made.string('token'), { limit: 400, used });
    for (const connection of fresh) connection.close();
  });

  it('count the requests of one address together, to the last', async () => {
    const headers = { 'X-Forwarded-For': '192.0.2.77' };
    const answers = await Promise.all(Array.from({ length: 60 }, async () => register(api.url, {}, headers)));
    expect(
      countOf(
        answers.map(({ status }) => status),
        201,
      ),
    ).toBe(20);
  });

  it('let a change made through one apply to all', async () => {
    const tenant = await newTenant(api.url);
    for (let trial = 0; trial < 5; trial += 1) {
      const made = await tenant.createToken();
      expect(new Set(await hammer(connections, made.string('token'), 1))).toEqual(new Set([200]));
      await tenant.call('PUT', `/api/v2/tokens/${made.string('token_id')}/status`, { is_active: false });
      await eventually(1_000, async () => {
        expect(new Set(await hammer(connections, made.string('token'), 1))).toEqual(new Set([401]));
      });
    }
  });

  it('tell the metrics of both, whichever is asked', async () => {
    const figure = async (name: string): Promise<number> => {
      const { text } = expectStatus(200, await send(api.url, { method: 'GET', path: '/metrics' }));
      const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `));
      return Number(line?.slice(name.length) ?? 0);
    };
    const answered = 'tollgate_http_request_duration_seconds_count{method="GET",route="/health",status="200"}';
    const before = await figure(answered);
    await Promise.all(connections.map(async (connection) => connection.health()));
    const told = await Promise.all(Array.from({ length: 8 }, async () => figure(answered)));
    expect(new Set(told)).toEqual(new Set([before + connections.length]));
    expect(await figure('tollgate_processes')).toBe(2);
  });
});

describe('of two workers', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tollgate-workers-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('one that is killed cuts its own connections only, and another takes its place', async () => {
    const api = await startApi({ env: TWO_WORKERS });
    const connections = Array.from({ length: 8 }, () => new Connection(api.url));
    for (const connection of connections) expect(await connection.health()).toBe(200);
    const [first, second] = workerPids(api);
    expect(second).toBeDefined();

    process.kill(first ?? 0, 'SIGKILL');
    await eventually(3_000, async () => {
      expect(connections.filter(({ isClosed }) => isClosed)).toHaveLength(4);
      await Promise.resolve();
    });
    for (const connection of connections.filter(({ isClosed }) => !isClosed))
      expect(await connection.health()).toBe(200);
    for (let fresh = 0; fresh < 4; fresh += 1) {
      const connection = new Connection(api.url);
      expect(await connection.health()).toBe(200);
      connection.close();
    }
    await eventually(10_000, async () => {
      expect(workerPids(api)).toHaveLength(3);
      await Promise.resolve();
    });
    expect((await newTenant(api.url)).accountId).not.toBe('');
    for (const connection of connections) connection.close();
    expect(await api.stop()).toBe(0);
    expect(workerPids(api).filter(isRunning)).toEqual([]);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'each writes what it counted before the process ends with 0 (%s)',
    async (signal) => {
      const api = await startApi({ env: TWO_WORKERS, dataDir: folder });
      const tenant = await newTenant(api.url);
      const made = await tenant.createToken();
      await Promise.all(Array.from({ length: 60 }, async () => validate(api.url, made.string('token'))));
      expect(await api.stop(signal)).toBe(0);
      expect(api.output().match(/"msg":"stopped"/g)).toHaveLength(2);
      expect(api.output()).not.toMatch(/"level":(?:40|50|60)(?!.*(?:master key|UPLOAD_AUTH_TOKEN))/);
      expect(await countedUses(tenant, made.string('token_id'))).toBe(60);
    },
  );

  it('each stops in order, with what it counted, when the primary is killed', async () => {
    const api = await startApi({ env: TWO_WORKERS, dataDir: folder });
    const tenant = await newTenant(api.url);
    const made = await tenant.createToken();
    await Promise.all(Array.from({ length: 60 }, async () => validate(api.url, made.string('token'))));
    // Settles when the output is closed, which the workers hold too.
    expect(await api.stop('SIGKILL')).toBe(-1);
    expect(api.output().match(/"msg":"stopped"/g)).toHaveLength(2);
    expect(await countedUses(tenant, made.string('token_id'))).toBe(60);
  });

  async function countedUses(tenant: Tenant, tokenId: string): Promise<unknown> {
    const again = await startApi({ dataDir: folder });
    const same = new Tenant(again.url, tenant.accountId, tenant.accessKey, tenant.secretKey);
    const stats = await same.call('GET', `/api/v2/tokens/${tokenId}/stats`);
    await again.stop();
    return stats.body['total_requests'];
  }
});

describe('a start with several workers', () => {
  it('makes keys and tables once, however many there are', async () => {
    const api = await startApi({ env: { API_WORKERS: '6' } });
    expect(new Set(workerPids(api)).size).toBe(6);
    const connections = Array.from({ length: 12 }, () => new Connection(api.url));
    const token = (await (await newTenant(api.url)).createToken()).string('token');
    expect(new Set(await hammer(connections, token, 1))).toEqual(new Set([200]));
    for (const connection of connections) connection.close();
    expect(await api.stop()).toBe(0);
  });

  it.each([
    ['a port in use', (port: string) => ({ PORT: port }), /PORT is in use/g],
    ['a wrong setting', () => ({ LOG_LEVEL: 'loud' }), /LOG_LEVEL/g],
  ])('says once that there is %s, and ends with 1', async (_what, env, message) => {
    const other = await startApi();
    let failure = '';
    try {
      await startApi({ env: { ...TWO_WORKERS, ...env(new URL(other.url).port) } });
    } catch (error) {
      failure = (error as Error).message;
    } finally {
      await other.stop();
    }
    expect(failure).toMatch(/^the api ended with code 1:/);
    expect(failure.match(message)).toHaveLength(1);
  });
});

describeWithRedis('two workers on Redis', (redis) => {
  it('admit no request above the limit of a token', async () => {
    const api = await startApi({
      env: {
        ...TWO_WORKERS,
        ENABLE_TOKEN_RATE_LIMIT: 'true',
        REDIS_URL: redis().url,
        REDIS_KEY_PREFIX: redis().newKeyPrefix(),
        RATE_LIMIT_REDIS_TIMEOUT: '2s',
      },
    });
    const tenant = await newTenant(api.url);
    const made = await tenant.createToken({ rate_limit: { requests_per_minute: 100 } });
    const connections = Array.from({ length: 8 }, () => new Connection(api.url));
    const statuses = await hammer(connections, made.string('token'), 25);
    for (const connection of connections) connection.close();
    expect(countOf(statuses, 200)).toBe(100);
    expect(await api.stop()).toBe(0);
  });
});

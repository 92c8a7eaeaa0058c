import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ApiProcess, startApi } from '../support/api-process';
import { eventually } from '../support/eventually';
import { callWithBearer } from '../support/hmac-client';
import { RawConnection } from '../support/raw-connection';
import { describeWithRedis } from '../support/redis-server';
import { uploadRefusal, verifyUploadToken } from '../support/upload-tokens';
import { contentsIn, fileForm, newUploadToken, upload, uploadHead, videoBytes } from '../support/uploads';

const UPLOADS = 100;

/** All at once, each over one of the processes, and what became of them. */
async function race(urls: readonly string[], token: string): Promise<Map<string, number>> {
  const body = fileForm(videoBytes(50_000));
  const outcomes = new Map<string, number>();
  await Promise.all(
    Array.from({ length: UPLOADS }, async (_, index) => {
      const answer = await upload(urls[index % urls.length] ?? '', token, body);
      const outcome = answer.status === 200 ? '200' : uploadRefusal(answer);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }),
  );
  return outcomes;
}

const ONE_STORED = new Map([
  ['200', 1],
  ['401 TOKEN_ALREADY_USED', UPLOADS - 1],
]);

async function visibleFiles(api: ApiProcess): Promise<number> {
  return Number((await callWithBearer(api.url, api.operatorKey, 'GET', '/api/video/files')).body['total']);
}

describe('100 simultaneous uploads with one token', () => {
  let dataDir = '';
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'tollgate-uploads-'));
  });
  afterEach(() => {
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('store exactly one file, on one embedded process', async () => {
    const api = await startApi({ dataDir, env: { UPLOAD_MAX_CONCURRENT: '200' } });
    for (let round = 1; round <= 3; round += 1) {
      const outcomes = await race([api.url], await newUploadToken(api.url));
      expect(new Map([...outcomes].sort())).toEqual(ONE_STORED);
      expect(contentsIn(dataDir)).toHaveLength(round);
      expect(await visibleFiles(api)).toBe(round);
    }
    await api.stop();
  });

  it('store exactly one file, on two embedded processes', async () => {
    const apis = await Promise.all(
      [1, 2].map(async () => startApi({ dataDir, env: { UPLOAD_MAX_CONCURRENT: '200' } })),
    );
    const [first] = apis;
    const outcomes = await race(
      apis.map(({ url }) => url),
      await newUploadToken(first?.url ?? ''),
    );
    expect(new Map([...outcomes].sort())).toEqual(ONE_STORED);
    expect(contentsIn(dataDir)).toHaveLength(1);
    await Promise.all(apis.map(async (api) => api.stop()));
  });

  describeWithRedis('with Redis', (redis) => {
    it('store exactly one file, on two processes', async () => {
      const env = { UPLOAD_MAX_CONCURRENT: '200', REDIS_URL: redis().url, REDIS_KEY_PREFIX: redis().newKeyPrefix() };
      const first = await startApi({ dataDir, env });
      const second = await startApi({ dataDir, env });
      for (let round = 1; round <= 3; round += 1) {
        const outcomes = await race([first.url, second.url], await newUploadToken(first.url));
        expect(new Map([...outcomes].sort())).toEqual(ONE_STORED);
        expect(contentsIn(dataDir)).toHaveLength(round);
        expect(await visibleFiles(second)).toBe(round);
      }
      await Promise.all([first.stop(), second.stop()]);
    });
  });
});

describe('a client that breaks off at a random byte', () => {
  it('200 times leaves no file and nothing of one, and its token works again each time', async () => {
    const api = await startApi({ env: { UPLOAD_MAX_ATTEMPTS: '1000', UPLOAD_MAX_BYTES: '100000000' } });
    const token = await newUploadToken(api.url);
    const body = fileForm(videoBytes(300_000));
    const whole = Buffer.concat([Buffer.from(uploadHead(token, body.length)), body]);
    const verified = async (): Promise<void> => {
      await eventually(5_000, async () => {
        expect((await verifyUploadToken(api.url, token)).status).toBe(200);
      });
    };
    for (let attempt = 0; attempt < 200; attempt += 1) {
      const connection = await RawConnection.open(api.url);
      await connection.write(whole.subarray(0, Math.floor(Math.random() * (whole.length - 1))));
      connection.destroy();
      await verified();
    }
    await eventually(5_000, async () => {
      await verified();
      expect(contentsIn(api.dataDir)).toEqual([]);
    });
    expect(await visibleFiles(api)).toBe(0);
    // The last one that was broken off may only now be seen to have begun.
    await eventually(5_000, async () => {
      expect((await upload(api.url, token, body)).status).toBe(200);
    });
    expect(api.output()).not.toMatch(/"level":(?:50|60)/);
    await api.stop();
  });
});

describe('an api that is killed in the middle of uploads', () => {
  it('has nothing of them when it is back, and their tokens work again', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'tollgate-killed-'));
    const first = await startApi({ dataDir });
    const body = fileForm(videoBytes(300_000));
    const tokens = await Promise.all(Array.from({ length: 3 }, async () => newUploadToken(first.url)));
    for (const token of tokens) {
      const connection = await RawConnection.open(first.url);
      await connection.write(uploadHead(token, body.length));
      await connection.write(body.subarray(0, 200_000));
    }
    const kept = await upload(first.url, await newUploadToken(first.url));
    await eventually(3_000, async () => {
      expect(contentsIn(dataDir)).toHaveLength(4);
    });
    await first.stop('SIGKILL');

    const again = await startApi({ dataDir });
    expect(contentsIn(dataDir)).toEqual([kept.string('fileId')]);
    expect(await visibleFiles(again)).toBe(1);
    for (const token of tokens) {
      const held = await verifyUploadToken(again.url, token);
      if (held.status !== 200) expect(Number(held.headers['retry-after'])).toBeLessThanOrEqual(30);
    }
    await eventually(40_000, async () => {
      const statuses = await Promise.all(tokens.map(async (token) => (await upload(again.url, token, body)).status));
      expect(statuses.every((status) => status === 200 || status === 401)).toBe(true);
      for (const token of tokens) {
        const { body: verdict } = await verifyUploadToken(again.url, token);
        expect(verdict['error']).toBe('the upload token has been used');
      }
    });
    expect(contentsIn(dataDir)).toHaveLength(4);
    await again.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }, 90_000);
});

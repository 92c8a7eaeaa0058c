import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ApiProcess, startApi } from '../support/api-process';
import { type StartOnStore, describeOnEachStore, describeOnMongo } from '../support/each-store';
import { eventually } from '../support/eventually';
import { callWithBearer } from '../support/hmac-client';
import { RawConnection } from '../support/raw-connection';
import { type RedisForTests, describeWithRedis, describeWithRedisProgram, startRedis } from '../support/redis-server';
import { uploadRefusal, verifyUploadToken } from '../support/upload-tokens';
import { contentsIn, fileForm, newUploadToken, upload, uploadHead, videoBytes } from '../support/uploads';

type Env = () => Readonly<Record<string, string>>;

const BREAK_OFFS = 25;
const MAX_ATTEMPTS = 5;
const KILLED = 3;
/** Reservations of a killed process end by themselves after 30 s. */
const LAPSE_MS = 40_000;
const TIMEOUT_MS = 120_000;

const BODY = fileForm(videoBytes(300_000));

async function visibleFiles(api: ApiProcess): Promise<readonly unknown[]> {
  const files = (await callWithBearer(api.url, api.operatorKey, 'GET', '/api/video/files')).list('files');
  return files.map(({ fileId }) => fileId).sort();
}

/** That exactly so many files are there, and nothing of any other. */
async function expectFiles(api: ApiProcess, count: number): Promise<void> {
  const files = await visibleFiles(api);
  expect(files).toHaveLength(count);
  expect(contentsIn(api.dataDir)).toEqual(files);
}

async function breakOff(api: ApiProcess, token: string, bytes: number): Promise<void> {
  const connection = await RawConnection.open(api.url);
  await connection.write(Buffer.concat([Buffer.from(uploadHead(token, BODY.length)), BODY]).subarray(0, bytes));
  connection.destroy();
}

/** An upload of which the first half has been taken; the rest is still to come. */
async function beginUpload(api: ApiProcess, token: string): Promise<RawConnection> {
  const connection = await RawConnection.open(api.url);
  await connection.write(uploadHead(token, BODY.length));
  await connection.write(BODY.subarray(0, BODY.length / 2));
  return connection;
}

const endUpload = async (connection: RawConnection): Promise<boolean> =>
  connection.write(BODY.subarray(BODY.length / 2));

function defineBreakOffs(start: StartOnStore, env: Env): void {
  it(
    'at a random byte, 25 times, leaves no file and nothing of one, and its token works again',
    async () => {
      const api = await start({ env: env() });
      const wholeLength = uploadHead('x'.repeat(70), BODY.length).length + BODY.length;
      const tokens: string[] = [];
      for (let round = 0; round < BREAK_OFFS; round += 1) {
        const token = await newUploadToken(api.url);
        tokens.push(token);
        await breakOff(api, token, Math.floor(Math.random() * (wholeLength - 100)));
      }
      await eventually(10_000, async () => {
        for (const token of tokens) expect((await verifyUploadToken(api.url, token)).status).toBe(200);
        await expectFiles(api, 0);
      });
      for (const token of tokens) {
        // It may only now be seen to have begun.
        await eventually(5_000, async () => {
          expect((await upload(api.url, token, BODY)).status).toBe(200);
        });
      }
      await expectFiles(api, BREAK_OFFS);
      expect(api.output()).not.toMatch(/"level":(?:50|60)/);
      await api.stop();
    },
    TIMEOUT_MS,
  );

  it(
    'has as many attempts with a token as the settings say, and no more',
    async () => {
      const api = await start({ env: { ...env(), UPLOAD_MAX_ATTEMPTS: String(MAX_ATTEMPTS) } });
      const before = contentsIn(api.dataDir).length;
      const [token, other] = [await newUploadToken(api.url), await newUploadToken(api.url)];
      for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
        const connection = await beginUpload(api, token);
        await eventually(5_000, async () => {
          expect((await verifyUploadToken(api.url, token)).headers['retry-after']).toBeDefined();
        });
        connection.destroy();
        await eventually(5_000, async () => {
          const verdict = await verifyUploadToken(api.url, token);
          if (attempt < MAX_ATTEMPTS) expect(verdict.status).toBe(200);
          else expect([uploadRefusal(verdict), verdict.headers['retry-after']]).toEqual([USED, undefined]);
        });
      }
      expect(uploadRefusal(await upload(api.url, token, BODY))).toBe(USED);
      await eventually(5_000, async () => {
        expect(contentsIn(api.dataDir)).toHaveLength(before);
      });
      expect((await upload(api.url, other, BODY)).status).toBe(200);
      await api.stop();
    },
    TIMEOUT_MS,
  );
}

function defineKills(start: StartOnStore, env: Env): void {
  it(
    'has nothing of them when it is back, and their tokens work again for one upload each',
    async () => {
      const dataDir = mkdtempSync(join(tmpdir(), 'tollgate-killed-'));
      const settings = { dataDir, env: env() };
      const first = await start(settings);
      const tokens = await Promise.all(Array.from({ length: KILLED }, async () => newUploadToken(first.url)));
      for (const token of tokens) await beginUpload(first, token);
      const kept = await upload(first.url, await newUploadToken(first.url), BODY);
      await eventually(5_000, async () => {
        expect(contentsIn(dataDir)).toHaveLength(KILLED + 1);
      });
      await first.stop('SIGKILL');

      const again = await start(settings);
      expect(await visibleFiles(again)).toEqual([kept.string('fileId')]);
      await expectFiles(again, 1);
      const left = new Set(tokens);
      await eventually(LAPSE_MS, async () => {
        for (const token of left) {
          const answer = await upload(again.url, token, BODY);
          if (answer.status === 200) left.delete(token);
          else expect(Number(answer.headers['retry-after'])).toBeLessThanOrEqual(30);
        }
        expect(left.size).toBe(0);
      });
      for (const token of tokens) expect(uploadRefusal(await upload(again.url, token, BODY))).toBe(USED);
      await expectFiles(again, KILLED + 1);
      await again.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
    TIMEOUT_MS,
  );
}

const USED = '401 TOKEN_ALREADY_USED';
const CLIENT = 'a client that breaks off';
const KILL = 'an api that is killed in the middle of uploads';

describeOnMongo(CLIENT, (start) => {
  defineBreakOffs(start, () => ({}));
});

describeOnMongo(KILL, (start) => {
  defineKills(start, () => ({}));
});

describeWithRedis('with Redis', (redis) => {
  const env: Env = () => ({ REDIS_URL: redis().url, REDIS_KEY_PREFIX: redis().newKeyPrefix() });

  describe(CLIENT, () => {
    defineBreakOffs(startApi, env);
  });

  describeOnEachStore(KILL, (start) => {
    let shared: Readonly<Record<string, string>> = {};
    beforeAll(() => {
      shared = env();
    });
    defineKills(start, () => shared);
  });
});

describeWithRedisProgram('a Redis that is killed during an upload', () => {
  describeOnEachStore('with two processes', (start) => {
    let redis: RedisForTests;
    let dataDir = '';
    let apis: readonly ApiProcess[] = [];
    beforeEach(async () => {
      redis = await startRedis();
      dataDir = mkdtempSync(join(tmpdir(), 'tollgate-no-redis-'));
      const settings = { dataDir, env: { REDIS_URL: redis.url } };
      apis = [await start(settings), await start(settings)];
    }, TIMEOUT_MS);
    afterEach(async () => {
      await Promise.all(apis.map(async (api) => api.stop()));
      await redis.stop();
      rmSync(dataDir, { recursive: true, force: true });
    });

    const here = (): ApiProcess => at(0);
    const there = (): ApiProcess => at(1);
    const at = (index: number): ApiProcess => {
      const api = apis[index];
      if (api === undefined) throw new Error('the apis run only while a case runs');
      return api;
    };
    const newFiles = async (): Promise<number> => {
      const files = await visibleFiles(here());
      return files.filter((id) => contentsIn(dataDir).includes(String(id))).length;
    };
    const untilTaken = async (contents: number): Promise<void> => {
      await eventually(5_000, async () => {
        expect(contentsIn(dataDir)).toHaveLength(contents);
      });
    };
    /** What an upload of the same token is answered once there is a Redis again. */
    const afterwards = async (token: string): Promise<string> => {
      let refusal = '';
      await eventually(20_000, async () => {
        const answer = await upload(there().url, token, BODY);
        refusal = answer.status === 200 ? '200' : uploadRefusal(answer);
        expect(answer.status).not.toBe(503);
      });
      return refusal;
    };

    it(
      'does not end it: it is stored, while others are told to come back',
      async () => {
        const token = await newUploadToken(here().url);
        const connection = await beginUpload(here(), token);
        await untilTaken(1);
        await redis.kill();

        const refused = await upload(there().url, await newUploadToken(there().url), BODY);
        expect(uploadRefusal(refused)).toBe('503 UNAVAILABLE');
        expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
        await endUpload(connection);
        expect((await connection.reply()).status).toBe(200);

        await redis.restart();
        expect(await afterwards(token)).toBe(USED);
        expect([await newFiles(), contentsIn(dataDir).length]).toEqual([1, 1]);
      },
      TIMEOUT_MS,
    );

    it(
      'and comes back empty lets another begin with its token, and one of the two is stored',
      async () => {
        const token = await newUploadToken(here().url);
        const first = await beginUpload(here(), token);
        await untilTaken(1);
        await redis.kill();
        await redis.restart();
        // Until this process is connected again, it is refused before it begins.
        let second = await beginUpload(there(), token);
        await eventually(20_000, async () => {
          const isHeld = contentsIn(dataDir).length === 2;
          if (!isHeld) {
            second.destroy();
            second = await beginUpload(there(), token);
          }
          expect(isHeld).toBe(true);
        });

        await Promise.all([endUpload(first), endUpload(second)]);
        const replies = [await first.reply(), await second.reply()];
        expect(replies.map(({ status }) => status).sort()).toEqual([200, 401]);
        const refused = replies.find(({ status }) => status === 401);
        expect(JSON.parse(refused?.body ?? '')).toMatchObject({ code: 'TOKEN_ALREADY_USED' });
        expect([await newFiles(), contentsIn(dataDir).length]).toEqual([1, 1]);
        expect(await afterwards(token)).toBe(USED);
      },
      TIMEOUT_MS,
    );

    it(
      'in the middle of 60 with one token at once lets one be stored in the end, and never two',
      async () => {
        const token = await newUploadToken(here().url);
        const answers = Array.from({ length: 60 }, async (_, index) => upload(at(index % 2).url, token, BODY));
        await Promise.race(answers);
        await redis.kill();
        await redis.restart();
        const outcomes = (await Promise.all(answers)).map((answer) =>
          answer.status === 200 ? '200' : uploadRefusal(answer),
        );
        expect([USED, '200', '503 UNAVAILABLE']).toEqual(expect.arrayContaining([...new Set(outcomes)]));
        const stored = outcomes.filter((outcome) => outcome === '200').length;
        expect(stored).toBeLessThanOrEqual(1);
        expect(await afterwards(token)).toBe(stored === 1 ? USED : '200');
        expect([await newFiles(), contentsIn(dataDir).length]).toEqual([1, 1]);
      },
      TIMEOUT_MS,
    );
  });
});

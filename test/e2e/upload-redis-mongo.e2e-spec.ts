import { type ApiPair, startApiPair } from '../support/api-pair';
import { type StartOnStore, describeOnEachStore, describeOnMongo } from '../support/each-store';
import { eventually } from '../support/eventually';
import { callWithBearer } from '../support/hmac-client';
import { describeWithRedis } from '../support/redis-server';
import { uploadRefusal, verifyUploadToken } from '../support/upload-tokens';
import { contentsIn, fileForm, newUploadToken, upload, videoBytes } from '../support/uploads';

/** More than two processes take at once by default. */
const MANY = 200;
const UPLOADS = 100;
const UNBOUNDED = { UPLOAD_MAX_CONCURRENT: '400' };
const ROUNDS = 2;
const TIMEOUT_MS = 120_000;

/** As many uploads at once with one token, half of them over each process. @returns how often each outcome came */
async function race(pair: ApiPair, token: string, uploads: number): Promise<Map<string, number>> {
  const body = fileForm(videoBytes(50_000));
  const outcomes = new Map<string, number>();
  await Promise.all(
    Array.from({ length: uploads }, async (_, index) => {
      const answer = await upload(pair.urls[index % 2] ?? '', token, body);
      const outcome = answer.status === 200 ? '200' : uploadRefusal(answer);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }),
  );
  return outcomes;
}

/** That so many files are there and nothing else, for both processes. */
async function expectFiles(pair: ApiPair, count: number): Promise<void> {
  const [{ operatorKey, dataDir }] = pair.processes;
  for (const url of pair.urls) {
    const files = (await callWithBearer(url, operatorKey, 'GET', '/api/video/files')).list('files');
    expect(files).toHaveLength(count);
    expect(contentsIn(dataDir)).toEqual(files.map(({ fileId }) => fileId).sort());
  }
}

async function expectUsed(pair: ApiPair, token: string): Promise<void> {
  for (const url of pair.urls) {
    const verdict = await verifyUploadToken(url, token);
    expect(uploadRefusal(verdict)).toBe('401 TOKEN_ALREADY_USED');
    expect(verdict.headers['retry-after']).toBeUndefined();
  }
}

/** Of one token in each of the rounds exactly one upload is stored, and all others are refused for one of these reasons. */
async function expectOneStored(
  start: StartOnStore,
  env: Readonly<Record<string, string>>,
  uploads: number,
  reasons: readonly string[],
): Promise<void> {
  const pair = await startApiPair(start, env);
  try {
    for (let round = 1; round <= ROUNDS; round += 1) {
      const token = await newUploadToken(pair.urls[round % 2] ?? '');
      const { 200: stored, ...refused } = Object.fromEntries(await race(pair, token, uploads));
      expect(stored).toBe(1);
      expect(Object.values(refused).reduce((sum, count) => sum + count, 0)).toBe(uploads - 1);
      expect(reasons).toEqual(expect.arrayContaining(Object.keys(refused)));
      await expectUsed(pair, token);
      // Whoever lost in the commit removes its content after its answer at the latest.
      await eventually(5_000, async () => expectFiles(pair, round));
    }
    for (const api of pair.processes) expect(api.output()).not.toMatch(/"level":(?:50|60)/);
  } finally {
    await pair.stop();
  }
}

const USED = '401 TOKEN_ALREADY_USED';
const BUSY = '503 TOO_MANY_UPLOADS';

describeWithRedis('simultaneous uploads with one token over two processes with Redis', (redis) => {
  const shared = (): Readonly<Record<string, string>> => ({
    REDIS_URL: redis().url,
    REDIS_KEY_PREFIX: redis().newKeyPrefix(),
  });

  describeOnMongo('and their records on MongoDB', (start) => {
    it(
      '100 of them store exactly one file, and the others are told that the token is used',
      async () => {
        await expectOneStored(start, { ...shared(), ...UNBOUNDED }, UPLOADS, [USED]);
      },
      TIMEOUT_MS,
    );
  });

  describeOnEachStore('and more of them than a process takes at once by default', (start) => {
    it(
      'store exactly one file, and the others are told that the token is used or the process is busy',
      async () => {
        await expectOneStored(start, shared(), MANY, [USED, BUSY]);
      },
      TIMEOUT_MS,
    );
  });
});

describe('simultaneous uploads with one token over two processes without Redis', () => {
  describeOnMongo('and their records on MongoDB', (start) => {
    it(
      '100 of them store exactly one file, and the others are told that the token is used',
      async () => {
        await expectOneStored(start, UNBOUNDED, UPLOADS, [USED]);
      },
      TIMEOUT_MS,
    );
  });

  describeOnEachStore('and more of them than a process takes at once by default', (start) => {
    it(
      'store exactly one file, and the others are told that the token is used or the process is busy',
      async () => {
        await expectOneStored(start, {}, MANY, [USED, BUSY]);
      },
      TIMEOUT_MS,
    );
  });
});

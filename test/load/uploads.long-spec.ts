import { randomInt } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ApiProcess, type StartApiOptions, startApi } from '../support/api-process';
import { eventually } from '../support/eventually';
import { callWithBearer } from '../support/hmac-client';
import { RawConnection } from '../support/raw-connection';
import { tusCreate, tusUpload } from '../support/tus-client';
import { uploadRefusal, verifyUploadToken } from '../support/upload-tokens';
import { contentsIn, fileForm, newUploadToken, sha256Of, upload, uploadHead, videoBytes } from '../support/uploads';
import { SeededRandom } from './seeded-random';

const UINT32 = 2 ** 32;
/** The most that a list answers at once. */
const PAGE = 100;
const BREAK_OFFS = 200;
/** Of one token; one fewer than a token has attempts. */
const MOST_IN_A_ROW = 4;
const LARGEST_BYTES = 2_000_000;

const KILLS = 10;
const MULTIPART_AT_ONCE = 4;
const RESUMABLE_AT_ONCE = 3;
const SLICE_BYTES = 65_536;
const SLICE_EVERY_MS = 5;
/** When the kill comes after the first byte, in milliseconds. */
const SHORTEST_LIFE_MS = 10;
const LONGEST_LIFE_MS = 400;
/** The hold of a killed process ends by itself after 30 s. */
const LAPSE_MS = 45_000;
/** Two of the sweeps that each process makes once a minute. */
const SWEPT_MS = 130_000;

/** Jest would put a stack trace below each line of the console. */
function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Repeat a run by setting the variable to what it printed. */
function seeded(variable: string): SeededRandom {
  const seed = Number(process.env[variable] ?? randomInt(UINT32));
  say(`${variable}=${String(seed)}`);
  return new SeededRandom(seed);
}

/** One upload, and what has become of it. */
interface Attempt {
  readonly token: string;
  readonly content: Buffer;
  /** Of a resumable upload: its path. */
  readonly path?: string;
  /** Set when the api has answered that it is stored. */
  fileId?: string;
}

const started: ApiProcess[] = [];

async function startOne(options: StartApiOptions): Promise<ApiProcess> {
  const api = await startApi(options);
  started.push(api);
  return api;
}

// Also those of a case that failed.
afterEach(async () => {
  await Promise.all(started.splice(0).map(async (api) => api.stop('SIGKILL')));
});

/** Ids and hashes of all visible files, by the records. */
async function visibleFiles(api: ApiProcess): Promise<ReadonlyMap<string, string>> {
  const visible = new Map<string, string>();
  for (;;) {
    const path = `/api/video/files?limit=${String(PAGE)}&offset=${String(visible.size)}`;
    const files = (await callWithBearer(api.url, api.operatorKey, 'GET', path)).list('files');
    for (const { fileId, sha256 } of files) visible.set(String(fileId), String(sha256));
    if (files.length < PAGE) return visible;
  }
}

async function hashOfContent(api: ApiProcess, fileId: string): Promise<string> {
  const headers = { authorization: `Bearer ${api.operatorKey}` };
  const answer = await fetch(`${api.url}/api/video/files/${fileId}`, { headers });
  return sha256Of(Buffer.from(await answer.arrayBuffer()));
}

async function expectUsed(api: ApiProcess, { token }: Attempt): Promise<void> {
  const verdict = await verifyUploadToken(api.url, token);
  expect([uploadRefusal(verdict), verdict.headers['retry-after']]).toEqual(['401 TOKEN_ALREADY_USED', undefined]);
}

describe('a client that breaks off at a random byte', () => {
  it('200 times leaves no file and nothing of one, and each token stores its file in the end', async () => {
    const random = seeded('UPLOADS_SEED');
    const api = await startOne({ env: { UPLOAD_MIN_FREE_BYTES: '0' } });
    const stored = new Map<string, string>();
    let brokenOff = 0;
    let sentBytes = 0;
    while (brokenOff < BREAK_OFFS) {
      const token = await newUploadToken(api.url);
      const content = videoBytes(random.between(1_000, LARGEST_BYTES));
      const body = fileForm(content);
      const whole = Buffer.concat([Buffer.from(uploadHead(token, body.length)), body]);
      for (let left = random.between(1, MOST_IN_A_ROW); left > 0; left -= 1) {
        const connection = await RawConnection.open(api.url);
        const bytes = random.between(0, whole.length - 100);
        await connection.write(whole.subarray(0, bytes));
        connection.destroy();
        brokenOff += 1;
        sentBytes += bytes;
      }
      await eventually(10_000, async () => {
        expect((await verifyUploadToken(api.url, token)).status).toBe(200);
        expect(contentsIn(api.dataDir)).toEqual([...stored.keys()].sort());
      });
      expect(await visibleFiles(api)).toEqual(stored);
      // The last one that was broken off may only now be seen to have begun.
      await eventually(10_000, async () => {
        const answer = await upload(api.url, token, body);
        expect(answer.status).toBe(200);
        stored.set(answer.string('fileId'), sha256Of(content));
      });
    }
    expect(await visibleFiles(api)).toEqual(stored);
    for (const [fileId, sha256] of stored) expect(await hashOfContent(api, fileId)).toBe(sha256);
    expect(api.output()).not.toMatch(/"level":(?:50|60)/);
    await api.stop();
    say(
      `${String(brokenOff)} broken off after ${String(sentBytes)} bytes in all, with ${String(stored.size)} tokens, each of ` +
        'which stored one file then; no leftovers',
    );
  });
});

describe('an api that is killed in the middle of uploads', () => {
  it('10 times keeps every file it acknowledged, and stores one file for each token in the end', async () => {
    const random = seeded('KILLS_SEED');
    const dataDir = mkdtempSync(join(tmpdir(), 'tollgate-uploads-'));
    const settings = { dataDir, env: { UPLOAD_MIN_FREE_BYTES: '0' } };
    const attempts: Attempt[] = [];

    for (let round = 1; round <= KILLS; round += 1) {
      const api = await startOne(settings);
      await expectKept(api, attempts);
      const now = await begin(api, random);
      attempts.push(...now);
      const running = Promise.all(now.map(async (attempt) => run(api, attempt)));
      const lifeMs = random.between(SHORTEST_LIFE_MS, LONGEST_LIFE_MS);
      await sleep(lifeMs);
      await api.stop('SIGKILL');
      await running;
      const answered = now.filter(({ fileId }) => fileId !== undefined).length;
      say(
        `round ${String(round)}: killed after ${String(lifeMs)} ms, ${String(answered)} of ${String(now.length)} stored`,
      );
    }

    const api = await startOne(settings);
    await expectKept(api, attempts);
    const acknowledged = attempts.filter(({ fileId }) => fileId !== undefined).length;
    const unacknowledged = await finish(api, attempts);
    const files = await visibleFiles(api);
    expect([...files.values()].sort()).toEqual(attempts.map(({ content }) => sha256Of(content)).sort());
    await eventually(SWEPT_MS, async () => {
      expect(contentsIn(dataDir)).toEqual([...files.keys()].sort());
      return Promise.resolve();
    });
    for (const [fileId, sha256] of files) expect(await hashOfContent(api, fileId)).toBe(sha256);
    for (const attempt of attempts) await expectUsed(api, attempt);
    expect(await api.stop()).toBe(0);
    rmSync(dataDir, { recursive: true, force: true });
    say(
      `${String(attempts.length)} uploads over ${String(KILLS)} kills: ${String(acknowledged)} acknowledged, ` +
        `${String(unacknowledged)} stored without an answer, all others stored when they were repeated; no leftovers`,
    );
  });
});

async function begin(api: ApiProcess, random: SeededRandom): Promise<Attempt[]> {
  const attempts: Attempt[] = [];
  for (let count = 0; count < MULTIPART_AT_ONCE + RESUMABLE_AT_ONCE; count += 1) {
    const token = await newUploadToken(api.url);
    const content = videoBytes(random.between(1_000, LARGEST_BYTES));
    if (count < MULTIPART_AT_ONCE) {
      attempts.push({ token, content });
      continue;
    }
    const created = await tusCreate(api.url, token, content.length);
    attempts.push({ token, content, path: new URL(String(created.headers.location), api.url).pathname });
  }
  return attempts;
}

/** Sends an upload slice by slice, until it is stored or the api is gone. */
async function run(api: ApiProcess, attempt: Attempt): Promise<void> {
  try {
    attempt.fileId = attempt.path === undefined ? await runMultipart(api, attempt) : await runResumable(api, attempt);
  } catch {
    // Whatever it was told last: it has not been told that its file is stored.
  }
}

async function runMultipart(api: ApiProcess, { token, content }: Attempt): Promise<string> {
  const body = fileForm(content);
  const connection = await RawConnection.open(api.url);
  await connection.write(uploadHead(token, body.length));
  for (let at = 0; at < body.length; at += SLICE_BYTES) {
    if (!(await connection.write(body.subarray(at, at + SLICE_BYTES)))) break;
    await sleep(SLICE_EVERY_MS);
  }
  return fileIdIn(JSON.parse((await connection.reply()).body));
}

async function runResumable(api: ApiProcess, { token, content, path = '' }: Attempt): Promise<string> {
  const options = { uploadUrl: `${api.url}${path}`, chunkSize: SLICE_BYTES };
  return fileIdIn((await tusUpload(api.url, token, content, options)).body);
}

function fileIdIn(answer: unknown): string {
  const { fileId } = answer as { readonly fileId?: unknown };
  if (typeof fileId !== 'string') throw new Error('no file was stored');
  return fileId;
}

/** That all that was acknowledged is there, each once, and no content that is neither a visible file nor to be resumed. */
async function expectKept(api: ApiProcess, attempts: readonly Attempt[]): Promise<void> {
  const files = await visibleFiles(api);
  const hashes = attempts.map(({ content }) => sha256Of(content));
  for (const { fileId, content } of attempts) {
    if (fileId !== undefined) expect(files.get(fileId)).toBe(sha256Of(content));
  }
  for (const sha256 of files.values()) expect(hashes).toContain(sha256);
  expect(new Set(files.values()).size).toBe(files.size);
  const resumable = attempts.flatMap(({ path }) => (path === undefined ? [] : [path.split('/').at(-1) ?? path]));
  const leftovers = contentsIn(api.dataDir).filter(
    (name) => !files.has(name) && !resumable.some((id) => name.includes(id)) && !isUnnamed(api, name),
  );
  expect(leftovers).toEqual([]);
}

/** Complete when its process was killed, but not committed: the sweep waits a minute before it takes it for given up. */
function isUnnamed({ dataDir }: ApiProcess, name: string): boolean {
  return existsSync(join(dataDir, 'uploads', '.ready', name));
}

/** Repeats what was not acknowledged until every token has its file. @returns how many had been stored all the same */
async function finish(api: ApiProcess, attempts: readonly Attempt[]): Promise<number> {
  const hashes = new Set((await visibleFiles(api)).values());
  const open = new Set(
    attempts.filter(({ fileId, content }) => fileId === undefined && !hashes.has(sha256Of(content))),
  );
  const unanswered = attempts.filter(({ fileId, content }) => fileId === undefined && hashes.has(sha256Of(content)));
  await eventually(LAPSE_MS, async () => {
    for (const attempt of open) {
      await run(api, attempt);
      if (attempt.fileId !== undefined) open.delete(attempt);
    }
    expect(open.size).toBe(0);
  });
  return unanswered.length;
}

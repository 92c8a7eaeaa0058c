import { mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { type ClientRequest, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ApiProcess, startApi } from '../support/api-process';
import { eventually } from '../support/eventually';
import { describeWithRedis } from '../support/redis-server';
import { PIECE_TYPE, tus, tusBegin, tusCreate, tusPatch, tusUpload } from '../support/tus-client';
import { uploadRefusal } from '../support/upload-tokens';
import { contentsIn, newUploadToken, sha256Of, videoBytes } from '../support/uploads';

const DAY_MS = 86_400_000;

/** The upload at another process. */
function at(api: ApiProcess, uploadUrl: string): string {
  return `${api.url}${new URL(uploadUrl).pathname}`;
}

/** Sends a part of a piece and then nothing, as a client that lost its network does. */
function sendHalf(url: string, path: string, token: string, half: Buffer): ClientRequest {
  const { hostname, port } = new URL(url);
  const headers = {
    'tus-resumable': '1.0.0',
    'x-upload-token': token,
    'upload-offset': '0',
    'content-type': PIECE_TYPE,
    'content-length': String(half.length * 2),
  };
  const outgoing = request({ hostname, port, method: 'PATCH', path, headers });
  outgoing.on('error', () => undefined);
  outgoing.write(half);
  return outgoing;
}

/** Cases for two processes that share what `start` gives them. */
function casesOn(start: (dataDir: string) => Promise<ApiProcess>): void {
  let dataDir = '';
  let here: ApiProcess;
  let there: ApiProcess;

  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'tollgate-tus-'));
    here = await start(dataDir);
    there = await start(dataDir);
  });
  afterAll(async () => {
    await Promise.all([here.stop(), there.stop()]);
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('goes on at another process', async () => {
    const token = await newUploadToken(here.url);
    const content = videoBytes(400_000);
    const uploadUrl = await tusBegin(here.url, token, content, 150_000);
    const { body, status } = await tusUpload(there.url, token, content, { uploadUrl: at(there, uploadUrl) });
    expect({ status, sha256: body['sha256'] }).toEqual({ status: 200, sha256: sha256Of(content) });
    expect((await tus(here.url, 'GET', new URL(uploadUrl).pathname, token)).body['fileId']).toBe(body['fileId']);
  });

  it('may be sent to both, piece by piece in turns', async () => {
    const token = await newUploadToken(here.url);
    const content = videoBytes(100_000);
    const path = (await tusCreate(here.url, token, content.length)).headers['location'] ?? '';
    for (let offset = 0; offset < content.length; offset += 10_000) {
      const api = (offset / 10_000) % 2 === 0 ? here : there;
      const answer = await tusPatch(api.url, path, token, offset, content.subarray(offset, offset + 10_000));
      expect(answer.headers['upload-offset']).toBe(String(offset + 10_000));
      if (offset + 10_000 === content.length) expect(answer.string('sha256')).toBe(sha256Of(content));
    }
  });

  it('is taken over by whoever resumes it, with all that came before', async () => {
    const token = await newUploadToken(here.url);
    const content = videoBytes(200_000);
    const path = (await tusCreate(here.url, token, content.length)).headers['location'] ?? '';
    const stalled = sendHalf(here.url, path, token, content.subarray(0, 60_000));
    // Until the piece is being taken in, there is nobody to take it over from.
    await eventually(5_000, async () => {
      expect(readdirSync(join(dataDir, 'uploads', '.partial')).length).toBeGreaterThan(1);
      return Promise.resolve();
    });
    let offset = 0;
    await eventually(10_000, async () => {
      offset = Number((await tus(there.url, 'HEAD', path, token)).headers['upload-offset']);
      expect(offset).toBe(60_000);
    });
    const last = await tusPatch(there.url, path, token, offset, content.subarray(offset));
    expect(last.string('sha256')).toBe(sha256Of(content));
    stalled.destroy();
  });

  it('takes the same piece once, however often it comes at once', async () => {
    const token = await newUploadToken(here.url);
    const content = videoBytes(50_000);
    const path = (await tusCreate(here.url, token, content.length)).headers['location'] ?? '';
    const piece = content.subarray(0, 20_000);
    const answers = await Promise.all(
      [here, there, here, there].map(async ({ url }) => tusPatch(url, path, token, 0, piece)),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 204).length).toBeLessThanOrEqual(1);
    // On a busy machine one may have been asked to make way for the next.
    expect(new Set([204, 409, 423, ...statuses])).toEqual(new Set([204, 409, 423]));
    const offset = Number((await tus(here.url, 'HEAD', path, token)).headers['upload-offset']);
    expect(offset).toBe(20_000);
    const last = await tusPatch(here.url, path, token, offset, content.subarray(offset));
    expect(last.string('sha256')).toBe(sha256Of(content));
  });

  it('survives a process that is killed in the middle of a piece', async () => {
    const doomed = await start(dataDir);
    const token = await newUploadToken(doomed.url);
    const content = videoBytes(2_000_000);
    const path = (await tusCreate(doomed.url, token, content.length)).headers['location'] ?? '';
    const cut = sendHalf(doomed.url, path, token, content.subarray(0, 800_000));
    await eventually(5_000, async () => {
      const offset = Number((await tus(here.url, 'HEAD', path, token)).headers['upload-offset']);
      expect(offset).toBeGreaterThan(0);
    });
    const again = sendHalf(doomed.url, path, token, content.subarray(0, 800_000));
    await doomed.stop('SIGKILL');
    cut.destroy();
    again.destroy();
    const { body } = await tusUpload(here.url, token, content, { uploadUrl: `${here.url}${path}` });
    expect(body['sha256']).toBe(sha256Of(content));
  });
}

describe('a resumable upload, over two embedded processes,', () => {
  casesOn(async (dataDir) => startApi({ dataDir }));
});

describeWithRedis('a resumable upload, over two processes with Redis,', (redis) => {
  let keyPrefix = '';
  beforeAll(() => {
    keyPrefix = redis().newKeyPrefix();
  });
  casesOn(async (dataDir) => startApi({ dataDir, env: { REDIS_URL: redis().url, REDIS_KEY_PREFIX: keyPrefix } }));
});

describe('a resumable upload, over time,', () => {
  it('is removed when nobody goes on with it, and its token works again', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'tollgate-tus-'));
    const first = await startApi({ dataDir });
    const token = await newUploadToken(first.url);
    const content = videoBytes(100_000);
    const path = new URL(await tusBegin(first.url, token, content, 50_000)).pathname;
    await first.stop();

    const folder = join(dataDir, 'uploads', '.partial');
    const old = new Date(Date.now() - DAY_MS - 1_000);
    for (const name of readdirSync(folder)) utimesSync(join(folder, name), old, old);
    const second = await startApi({ dataDir });
    await eventually(5_000, async () => {
      expect(contentsIn(dataDir)).toEqual([]);
      return Promise.resolve();
    });
    expect(uploadRefusal(await tusPatch(second.url, path, token, 65_536, content.subarray(65_536)))).toBe(
      '404 NOT_FOUND',
    );
    expect((await tusUpload(second.url, token, content)).body['sha256']).toBe(sha256Of(content));
    await second.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('goes on after the api was restarted in the middle', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'tollgate-tus-'));
    const first = await startApi({ dataDir });
    const token = await newUploadToken(first.url);
    const content = videoBytes(300_000);
    const uploadUrl = await tusBegin(first.url, token, content, 150_000);
    await first.stop();
    const second = await startApi({ dataDir });
    const { body } = await tusUpload(second.url, token, content, { uploadUrl: at(second, uploadUrl) });
    expect(body['sha256']).toBe(sha256Of(content));
    await second.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });
});

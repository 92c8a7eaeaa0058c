import { mkdtempSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApiProcess } from '../support/api-process';
import { type StartOnStore, describeOnEachStore } from '../support/each-store';
import { eventually } from '../support/eventually';
import { callWithBearer, expectStatus } from '../support/hmac-client';
import type { Json } from '../support/http-client';
import { RawConnection } from '../support/raw-connection';
import { tus, tusCreate, tusHead, tusPatch, tusUpload } from '../support/tus-client';
import { uploadRefusal, verifyUploadToken } from '../support/upload-tokens';
import { contentsIn, newUploadToken, sha256Of, videoBytes } from '../support/uploads';

const BREAK_OFFS = 20;
const DAY_MS = 86_400_000;
/** What a process that is killed holds ends by itself after so many seconds. */
const HOLD_SECONDS = 30;
const LAPSE_MS = 40_000;
const TIMEOUT_MS = 120_000;
const CONTENT = videoBytes(300_000);

/** The head of a request that begins an upload of {@link CONTENT} and brings all of it. */
const creationHead = (token: string): string =>
  tusHead('POST', token, { 'upload-length': String(CONTENT.length) }, CONTENT.length);

async function begin(api: ApiProcess, head: string, bytes: number): Promise<RawConnection> {
  const connection = await RawConnection.open(api.url);
  await connection.write(Buffer.concat([Buffer.from(head), CONTENT]).subarray(0, bytes));
  return connection;
}

/** Makes everything look as if nobody had touched it for longer than an upload waits. */
function age(dataDir: string): void {
  const folder = join(dataDir, 'uploads', '.partial');
  const old = new Date(Date.now() - DAY_MS - 1_000);
  for (const name of readdirSync(folder)) utimesSync(join(folder, name), old, old);
}

/** For how many seconds a token is held, by the answer to whoever asks. */
async function heldSeconds(api: ApiProcess, token: string): Promise<number> {
  return Number((await verifyUploadToken(api.url, token)).headers['retry-after'] ?? 0);
}

function defineLostAnswers(start: StartOnStore): void {
  let api: ApiProcess;
  beforeAll(async () => {
    api = await start();
  });
  afterAll(async () => {
    await api.stop();
  });

  it('to its creation holds its token for seconds only, and for the whole window once it is asked for', async () => {
    const token = await newUploadToken(api.url);
    const path = (await tusCreate(api.url, token, 100)).headers['location'] ?? '';
    const held = await heldSeconds(api, token);
    expect(held).toBeGreaterThan(0);
    expect(held).toBeLessThanOrEqual(HOLD_SECONDS);
    expectStatus(200, await tus(api.url, 'HEAD', path, token));
    expect(await heldSeconds(api, token)).toBeGreaterThan(3_600);
    expectStatus(204, await tus(api.url, 'DELETE', path, token));
  });

  it('to a creation that brought a part of it holds its token for seconds only, too', async () => {
    const token = await newUploadToken(api.url);
    const headers = { 'content-type': 'application/offset+octet-stream', 'upload-length': String(CONTENT.length) };
    const piece = CONTENT.subarray(0, 100_000);
    const created = expectStatus(201, await tus(api.url, 'POST', '/api/video/tus', token, headers, piece));
    expect(created.headers['upload-offset']).toBe('100000');
    expect(await heldSeconds(api, token)).toBeLessThanOrEqual(HOLD_SECONDS);
    const path = created.headers['location'] ?? '';
    const last = await tusPatch(api.url, path, token, 100_000, CONTENT.subarray(100_000));
    expect(last.string('sha256')).toBe(sha256Of(CONTENT));
  });

  it('whose creation breaks off at a random byte leaves nothing, and its token works again', async () => {
    const before = contentsIn(api.dataDir);
    const tokens: string[] = [];
    for (let round = 0; round < BREAK_OFFS; round += 1) {
      const token = await newUploadToken(api.url);
      const head = creationHead(token);
      tokens.push(token);
      const connection = await begin(api, head, Math.floor(Math.random() * (head.length + CONTENT.length)));
      connection.destroy();
    }
    await eventually(10_000, async () => {
      for (const token of tokens) expectStatus(200, await verifyUploadToken(api.url, token));
      expect(contentsIn(api.dataDir)).toEqual(before);
    });
    for (const token of tokens) {
      // It may only now be seen to have begun.
      await eventually(5_000, async () => {
        expect((await tusUpload(api.url, token, CONTENT)).body['sha256']).toBe(sha256Of(CONTENT));
      });
    }
    expect(contentsIn(api.dataDir)).toHaveLength(before.length + BREAK_OFFS);
    expect(api.output()).not.toMatch(/"level":(?:50|60)/);
  });

  it('ends at the latest when it has taken as long as one may, and its token works again', async () => {
    const token = await newUploadToken(api.url);
    const path = (await tusCreate(api.url, token, 100)).headers['location'] ?? '';
    const file = join(api.dataDir, 'uploads', '.partial', `${path.split('/').pop() ?? ''}.json`);
    const yesterday = new Date(Date.now() - 3 * DAY_MS).toISOString();
    writeFileSync(file, readFileSync(file, 'utf8').replace(/(createdAt\\":\\")[^"\\]+/, `$1${yesterday}`));
    expect(uploadRefusal(await tusPatch(api.url, path, token, 0, CONTENT.subarray(0, 50)))).toBe('410 UPLOAD_EXPIRED');
    expectStatus(200, await verifyUploadToken(api.url, token));
    expect((await tus(api.url, 'HEAD', path, token)).status).toBe(404);
  });
}

function defineAudit(start: StartOnStore): void {
  it('is recorded once, with account and token where they are known, and never with the value of a token', async () => {
    const api = await start();
    const records = async (): Promise<readonly Json[]> =>
      (
        await callWithBearer(api.url, api.operatorKey, 'GET', '/api/v2/admin/audit-logs?action=upload_file&limit=100')
      ).list('logs');
    const token = await newUploadToken(api.url);
    const path = (await tusCreate(api.url, token, 20_000)).headers['location'] ?? '';
    const tokenId = String(
      (await callWithBearer(api.url, api.operatorKey, 'GET', '/api/video/auth/upload-tokens?limit=1')).list(
        'tokens',
      )[0]?.['tokenId'],
    );
    let known = 0;
    const expectOne = async (code: string | undefined, about: Json): Promise<void> => {
      known += 1;
      await eventually(5_000, async () => {
        const found = await records();
        expect(found).toHaveLength(known);
        expect(found[0]).toMatchObject({ result: 'failure', ...about });
        expect((found[0]?.['request_data'] as Json | undefined)?.['code']).toBe(code);
      });
    };
    const itsToken = { account_id: expect.any(String) as string, resource_id: tokenId };

    expect((await tusPatch(api.url, path, token, 5, CONTENT.subarray(0, 5))).status).toBe(409);
    await expectOne(undefined, itsToken);
    const half = tusHead('PATCH', token, { 'upload-offset': '0' }, 20_000, path);
    const connection = await begin(api, half, half.length + 5_000);
    await eventually(5_000, async () => {
      expect(readdirSync(join(api.dataDir, 'uploads', '.partial')).some((name) => name.endsWith('.lock'))).toBe(true);
      return Promise.resolve();
    });
    connection.destroy();
    await expectOne('BROKEN_OFF', itsToken);
    expectStatus(204, await tus(api.url, 'DELETE', path, token));
    const again = (await tusCreate(api.url, token, 20_000)).headers['location'] ?? '';
    const html = Buffer.from('<!doctype html>'.padEnd(20_000));
    expect((await tusPatch(api.url, again, token, 0, html)).status).toBe(415);
    await expectOne('UNSUPPORTED_FILE_TYPE', itsToken);

    const used = await newUploadToken(api.url);
    await tusUpload(api.url, used, CONTENT);
    known += 1;
    expect(uploadRefusal(await tusCreate(api.url, used, 10))).toBe('401 TOKEN_ALREADY_USED');
    await expectOne('TOKEN_ALREADY_USED', { resource_id: expect.stringMatching(/^ut_/) as string });
    expect(uploadRefusal(await tusCreate(api.url, 'ut-unknown', 10))).toBe('401 INVALID_UPLOAD_TOKEN');
    await expectOne('INVALID_UPLOAD_TOKEN', {});
    for (const value of [token, used]) expect(JSON.stringify(await records())).not.toContain(value);
    await api.stop();
  });
}

function defineKills(start: StartOnStore): void {
  let dataDir = '';
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'tollgate-tus-'));
  });
  afterEach(() => {
    rmSync(dataDir, { recursive: true, force: true });
  });

  it(
    'over its creation leaves nothing after the sweep, and its token works again within its hold',
    async () => {
      const doomed = await start({ dataDir });
      const token = await newUploadToken(doomed.url);
      const head = creationHead(token);
      await begin(doomed, head, head.length + 150_000);
      await eventually(5_000, async () => {
        expect(contentsIn(dataDir)).not.toEqual([]);
        return Promise.resolve();
      });
      await doomed.stop('SIGKILL');

      age(dataDir);
      const again = await start({ dataDir });
      expect(await heldSeconds(again, token)).toBeLessThanOrEqual(HOLD_SECONDS);
      await eventually(5_000, async () => {
        expect(contentsIn(dataDir)).toEqual([]);
        return Promise.resolve();
      });
      await eventually(LAPSE_MS, async () => {
        expectStatus(200, await verifyUploadToken(again.url, token));
      });
      expect((await tusUpload(again.url, token, CONTENT)).body['sha256']).toBe(sha256Of(CONTENT));
      expect(contentsIn(dataDir)).toHaveLength(1);
      await again.stop();
    },
    TIMEOUT_MS,
  );

  it(
    'over a piece goes on where it was when the api is back, and leaves nothing but its file',
    async () => {
      const doomed = await start({ dataDir });
      const token = await newUploadToken(doomed.url);
      const path = (await tusCreate(doomed.url, token, CONTENT.length)).headers['location'] ?? '';
      const head = tusHead('PATCH', token, { 'upload-offset': '0' }, CONTENT.length, path);
      await begin(doomed, head, head.length + 150_000);
      await eventually(5_000, async () => {
        expect(contentsIn(dataDir).some((name) => name.endsWith('.lock'))).toBe(true);
        return Promise.resolve();
      });
      await doomed.stop('SIGKILL');

      const again = await start({ dataDir });
      const { body } = await tusUpload(again.url, token, CONTENT, { uploadUrl: `${again.url}${path}` });
      expect(body['sha256']).toBe(sha256Of(CONTENT));
      expect(uploadRefusal(await tusCreate(again.url, token, 10))).toBe('401 TOKEN_ALREADY_USED');
      await again.stop();
      age(dataDir);
      const last = await start({ dataDir });
      await eventually(5_000, async () => {
        expect(contentsIn(dataDir)).toEqual([body['fileId']]);
        return Promise.resolve();
      });
      await last.stop();
    },
    TIMEOUT_MS,
  );
}

describeOnEachStore('a resumable upload whose client loses the answer', defineLostAnswers);
describeOnEachStore('a refused request for a resumable upload', defineAudit);
describeOnEachStore('a resumable upload whose process is killed', defineKills);

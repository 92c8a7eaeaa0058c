import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { createS3FileStorage } from '@tollgate/file-storage';
import { FakeClock } from '@tollgate/testing';
import { type ApiProcess, startApi } from '../support/api-process';
import { eventually } from '../support/eventually';
import { callWithBearer, expectStatus } from '../support/hmac-client';
import { RawConnection } from '../support/raw-connection';
import { holdingsOf, storageIn, uploadSettingsIn, uploadsIn } from '../support/s3-bucket';
import { describeWithS3 } from '../support/s3-server';
import { shiftedClock } from '../support/shifted-clock';
import { PIECE_TYPE, tus, tusCreate, tusPatch, tusUpload } from '../support/tus-client';
import { ADMIN_KEY, uploadRefusal, verifyUploadToken } from '../support/upload-tokens';
import { fileForm, newUploadToken, sha256Of, upload, uploadHead, videoBytes } from '../support/uploads';

const FILES = '/api/video/files';
const PREFIX = 'some/prefix/';
/** More than a part of a plain upload, so that half of it is on the server before it ends. */
const LARGE_BYTES = 20_000_000;
/** More than both holds of tokens below: of a plain upload, and of a resumable one. */
const HOLDS_MS = 120_000;
/** What the sweeps of the storage wait before they remove an object that nobody names, or an upload in parts. */
const WAITED_MS = [3_600_000, 8 * 86_400_000];

// On a busy machine starting the api twice takes most of the usual time.
jest.setTimeout(90_000);

describeWithS3('uploads to S3', (s3) => {
  let dataDir = '';
  let bucket = '';
  let api: ApiProcess;

  beforeEach(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'tollgate-s3-'));
    bucket = await s3().newBucket();
    api = await start();
  });
  afterEach(async () => {
    await api.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  async function start(env: Readonly<Record<string, string>> = {}): Promise<ApiProcess> {
    const settings = uploadSettingsIn(s3(), bucket, { prefix: PREFIX });
    return startApi({
      dataDir,
      env: { ...settings, UPLOAD_RESUME_WINDOW: '1m', UPLOAD_MAX_ATTEMPTS: '100', ...env },
    });
  }

  /** Kills the api, and starts it again when its holds of tokens have lapsed; its first sweep is then over soon. */
  async function killAndRestartLater(): Promise<void> {
    await api.stop('SIGKILL');
    api = await start(shiftedClock(HOLDS_MS));
  }

  const holdings = async (): Promise<readonly string[]> => holdingsOf(s3().client, bucket);

  async function expectNothingHeld(): Promise<void> {
    await eventually(10_000, async () => {
      expect(await holdings()).toEqual([]);
    });
  }

  async function expectTokenWorks(token: string): Promise<void> {
    const content = videoBytes(1_000);
    // An upload that was broken off may only now be seen to have begun.
    await eventually(10_000, async () => {
      expect(expectStatus(200, await upload(api.url, token, fileForm(content))).body['sha256']).toBe(sha256Of(content));
    });
  }

  /** Ids of the files that anybody can see. */
  async function visible(): Promise<readonly string[]> {
    const listed = expectStatus(200, await callWithBearer(api.url, api.operatorKey, 'GET', `${FILES}?limit=100`));
    return listed.list('files').map(({ fileId }) => String(fileId));
  }

  async function download(fileId: string, headers: Readonly<Record<string, string>> = {}) {
    const answer = await fetch(`${api.url}${FILES}/${fileId}`, {
      headers: { Authorization: `Bearer ${ADMIN_KEY}`, ...headers },
    });
    return { status: answer.status, headers: answer.headers, content: Buffer.from(await answer.arrayBuffer()) };
  }

  /** What the sweeps of a process remove that runs so much later. */
  async function sweepStorageLater(): Promise<void> {
    const files = new Set(await visible());
    for (const waitedMs of WAITED_MS) {
      const clock = new FakeClock(Date.now() + waitedMs + 60_000);
      const storage = createS3FileStorage(storageIn(s3(), bucket, { clock, prefix: PREFIX }));
      await storage.sweep(async () => files);
    }
  }

  /** Sends the beginning of a request with a body. */
  async function sendPart(head: string, body: Buffer, bytes: number): Promise<RawConnection> {
    const connection = await RawConnection.open(api.url);
    await connection.write(head);
    await connection.write(body.subarray(0, bytes));
    return connection;
  }

  function pieceHead(path: string, token: string, offset: number, bytes: number): string {
    const lines = [
      `PATCH ${path} HTTP/1.1`,
      'Host: api',
      'Tus-Resumable: 1.0.0',
      `X-Upload-Token: ${token}`,
      `Upload-Offset: ${String(offset)}`,
      `Content-Type: ${PIECE_TYPE}`,
      `Content-Length: ${String(bytes)}`,
    ];
    return `${lines.join('\r\n')}\r\n\r\n`;
  }

  async function offsetOf(path: string, token: string): Promise<number> {
    return Number(expectStatus(200, await tus(api.url, 'HEAD', path, token)).headers['upload-offset']);
  }

  async function create(token: string, size: number): Promise<string> {
    return expectStatus(201, await tusCreate(api.url, token, size)).headers['location'] ?? '';
  }

  it('are stored, downloaded whole and in parts, and deleted', async () => {
    const token = await newUploadToken(api.url);
    const content = videoBytes(LARGE_BYTES);

    const stored = expectStatus(200, await upload(api.url, token, fileForm(content)));

    expect(stored.body).toMatchObject({ size: LARGE_BYTES, mimeType: 'video/mp4', sha256: sha256Of(content) });
    expect(uploadRefusal(await verifyUploadToken(api.url, token))).toBe('401 TOKEN_ALREADY_USED');
    const fileId = stored.string('fileId');
    expect(sha256Of((await download(fileId)).content)).toBe(sha256Of(content));
    const part = await download(fileId, { range: 'bytes=9999990-10000009' });
    expect({ status: part.status, range: part.headers.get('content-range') }).toEqual({
      status: 206,
      range: `bytes 9999990-10000009/${String(LARGE_BYTES)}`,
    });
    expect(part.content.equals(content.subarray(9_999_990, 10_000_010))).toBe(true);
    expect(await holdings()).toHaveLength(1);

    expectStatus(200, await callWithBearer(api.url, ADMIN_KEY, 'DELETE', `${FILES}/${fileId}`));
    expect((await download(fileId)).status).toBe(404);
    await expectNothingHeld();
  });

  it('go on where they were broken off when they are resumable', async () => {
    const token = await newUploadToken(api.url);
    const content = videoBytes(12_000_000);
    const path = await create(token, content.length);
    // A tail, then parts with a tail, then a piece that is broken off.
    expectStatus(204, await tusPatch(api.url, path, token, 0, content.subarray(0, 1_000_000)));
    expectStatus(204, await tusPatch(api.url, path, token, 1_000_000, content.subarray(1_000_000, 7_000_000)));
    const rest = content.subarray(7_000_000);
    const broken = await sendPart(pieceHead(path, token, 7_000_000, rest.length), rest, 2_000_000);
    broken.destroy();
    const offset = await offsetOf(path, token);
    expect(offset).toBeGreaterThanOrEqual(7_000_000);
    expect(offset).toBeLessThanOrEqual(9_000_000);

    const uploadUrl = `${api.url}${path}`;
    const { body } = await tusUpload(api.url, token, content, { uploadUrl, chunkSize: 2_000_000 });

    expect(body).toMatchObject({ size: content.length, sha256: sha256Of(content) });
    expect(sha256Of((await download(String(body['fileId']))).content)).toBe(sha256Of(content));
    expect(uploadRefusal(await verifyUploadToken(api.url, token))).toBe('401 TOKEN_ALREADY_USED');
    expect(await holdings()).toHaveLength(1);
  });

  it('that are broken off at any byte leave nothing, and their token works again', async () => {
    const token = await newUploadToken(api.url);
    const body = fileForm(videoBytes(LARGE_BYTES));
    for (let attempt = 0; attempt < 6; attempt += 1) {
      const connection = await sendPart(uploadHead(token, body.length), body, randomInt(body.length - 1));
      connection.destroy();
      await eventually(10_000, async () => {
        expectStatus(200, await verifyUploadToken(api.url, token));
      });
    }
    await expectNothingHeld();
    expect(await visible()).toEqual([]);
    await expectTokenWorks(token);
    expect(api.output()).not.toMatch(/"level":(?:50|60)/);
  });

  it('that are resumable and broken off at any byte leave nothing once they are given up', async () => {
    const token = await newUploadToken(api.url);
    const content = videoBytes(12_000_000);
    const path = await create(token, content.length);
    for (let attempt = 0; attempt < 4; attempt += 1) {
      const offset = await offsetOf(path, token);
      const rest = content.subarray(offset);
      const head = pieceHead(path, token, offset, rest.length);
      const connection = await sendPart(head, rest, randomInt(Math.floor(rest.length / 2)));
      connection.destroy();
    }
    expectStatus(204, await tus(api.url, 'DELETE', path, token));
    await expectNothingHeld();
    await expectTokenWorks(token);
  });

  it('of an api that was killed are visible to nobody, leave nothing, and their tokens work again', async () => {
    const tokens = await Promise.all([1, 2, 3].map(async () => newUploadToken(api.url)));
    const [plain = '', begun = '', resumable = ''] = tokens;
    const body = fileForm(videoBytes(LARGE_BYTES));
    const content = videoBytes(LARGE_BYTES);
    const path = await create(resumable, content.length);
    expectStatus(204, await tusPatch(api.url, path, resumable, 0, content.subarray(0, 6_000_000)));
    const rest = content.subarray(6_000_000);
    const connections = [
      await sendPart(uploadHead(plain, body.length), body, 15_000_000),
      await sendPart(uploadHead(begun, body.length), body, 100_000),
      await sendPart(pieceHead(path, resumable, 6_000_000, rest.length), rest, 3_000_000),
    ];
    await eventually(10_000, async () => {
      expect(await uploadsIn(s3().client, bucket)).toHaveLength(2);
      for (const token of tokens) expect((await verifyUploadToken(api.url, token)).status).toBe(401);
    });

    await killAndRestartLater();
    for (const connection of connections) connection.destroy();

    expect(await visible()).toEqual([]);
    // The resumable one goes with the first sweep; what is left of a plain one with one that is sure of it.
    await eventually(10_000, async () => {
      expect(await holdings()).toHaveLength(1);
    });
    await sweepStorageLater();
    expect(await holdings()).toEqual([]);
    for (const token of tokens) await expectTokenWorks(token);
  });

  it('that are resumable go on after the api was killed in the middle of a piece', async () => {
    const token = await newUploadToken(api.url);
    const content = videoBytes(12_000_000);
    const path = await create(token, content.length);
    expectStatus(204, await tusPatch(api.url, path, token, 0, content.subarray(0, 6_000_000)));
    const rest = content.subarray(6_000_000);
    const cut = await sendPart(pieceHead(path, token, 6_000_000, rest.length), rest, 3_000_000);

    await api.stop('SIGKILL');
    cut.destroy();
    api = await start();

    const uploadUrl = `${api.url}${path}`;
    const { body } = await tusUpload(api.url, token, content, { uploadUrl, chunkSize: 6_000_000 });
    expect(body['sha256']).toBe(sha256Of(content));
    expect(await holdings()).toHaveLength(1);
  });

  it('that were committed stay when the api was killed before it could say so to the storage', async () => {
    const token = await newUploadToken(api.url);
    const content = videoBytes(6_000_000);
    const path = await create(token, content.length);
    const description = { Bucket: bucket, Key: `${PREFIX}partial/${path.split('/').pop() ?? ''}.json` };
    const { Body } = await s3().client.send(new GetObjectCommand(description));
    const text = await Body?.transformToString();
    const stored = expectStatus(200, await tusPatch(api.url, path, token, 0, content));
    // As if the kill had come between the commit and the removal of the description.
    await s3().client.send(new PutObjectCommand({ ...description, Body: text ?? '' }));
    expect(await holdings()).toHaveLength(2);

    await killAndRestartLater();

    await eventually(10_000, async () => {
      expect(await holdings()).toHaveLength(1);
    });
    await sweepStorageLater();
    expect(sha256Of((await download(stored.string('fileId'))).content)).toBe(sha256Of(content));
  });

  it('are whole or not at all when the api is killed while many of them end', async () => {
    const content = videoBytes(1_000_000);
    const tokens = await Promise.all(Array.from({ length: 24 }, async () => newUploadToken(api.url)));
    const ends = tokens.map(async (token, index) => {
      if (index % 2 === 0) return upload(api.url, token, fileForm(content));
      return tusPatch(api.url, await create(token, content.length), token, 0, content);
    });
    const outcomes = Promise.allSettled(ends);
    const first = await Promise.any(ends);
    expect(first.status).toBe(200);

    await killAndRestartLater();

    const answered = (await outcomes).filter((outcome) => outcome.status === 'fulfilled');
    const files = await visible();
    for (const { value } of answered) expect(files).toContain(value.string('fileId'));
    await eventually(10_000, async () => {
      expect((await holdings()).filter((key) => key.includes('/partial/'))).toEqual([]);
    });
    await sweepStorageLater();
    expect(await holdings()).toHaveLength(files.length);
    for (const fileId of files) expect(sha256Of((await download(fileId)).content)).toBe(sha256Of(content));
  });
});

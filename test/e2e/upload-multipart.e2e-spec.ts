import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UPLOAD_ADMIN } from '@tollgate/domain';
import { startApi } from '../support/api-process';
import { describeOnEachStore, useApi } from '../support/each-store';
import { eventually } from '../support/eventually';
import { freePort } from '../support/free-port';
import { callWithBearer } from '../support/hmac-client';
import { type Answer, type Json, send } from '../support/http-client';
import { issueUploadToken, uploadRefusal, verifyUploadToken } from '../support/upload-tokens';
import { contentsIn, fileForm, formBody, newUploadToken, sha256Of, upload, videoBytes } from '../support/uploads';

const MAX_BYTES = 100_000;

describeOnEachStore('an upload', (start) => {
  const api = useApi(start, { UPLOAD_MAX_BYTES: String(MAX_BYTES), UPLOAD_ALLOWED_TYPES: 'video/*,image/png' });
  const newToken = async (fields: Json = {}): Promise<string> => newUploadToken(api().url, fields);
  const audit = async (query: string): Promise<readonly Json[]> =>
    (await callWithBearer(api().url, api().operatorKey, 'GET', `/api/v2/admin/audit-logs?${query}`)).list('logs');

  it('is stored as it was sent, and told in the form of the contract', async () => {
    const content = videoBytes(50_000);
    const issued = await issueUploadToken(api().url, { ownerLabel: 'class 7' });
    const answer = await upload(api().url, issued.string('token'), fileForm(content, 'my film.mp4'));
    expect(answer.status).toBe(200);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.body).toEqual({
      success: true,
      fileId: expect.stringMatching(/^file_[0-9A-Za-z]{22}$/),
      filename: 'my film.mp4',
      size: 50_000,
      mimeType: 'video/mp4',
      sha256: sha256Of(content),
      ownerLabel: 'class 7',
      tokenId: issued.string('tokenId'),
      createdAt: expect.stringMatching(/^\d{4}-.+Z$/),
    });
    const folder = join(api().dataDir, 'uploads');
    const place = readdirSync(folder, { recursive: true }).find((path) =>
      String(path).endsWith(answer.string('fileId')),
    );
    expect(readFileSync(join(folder, String(place))).equals(content)).toBe(true);
    const [record] = await audit('action=upload_file&limit=1');
    expect(record).toMatchObject({ result: 'success', resource_id: answer.string('fileId') });
    expect(JSON.stringify(record)).not.toContain(issued.string('token'));
  });

  it('has its file under any name, and text fields around it', async () => {
    const content = videoBytes();
    const body = formBody([
      { name: 'title', content: 'A film' },
      { name: 'anything', fileName: 'a.mp4', content },
      { name: 'note', content: 'x'.repeat(16_384) },
    ]);
    const answer = await upload(api().url, await newToken(), body);
    expect([answer.status, answer.body['sha256']]).toEqual([200, sha256Of(content)]);
  });

  it('uses its token', async () => {
    const token = await newToken();
    expect((await upload(api().url, token)).status).toBe(200);
    expect(uploadRefusal(await upload(api().url, token))).toBe('401 TOKEN_ALREADY_USED');
    expect(uploadRefusal(await verifyUploadToken(api().url, token))).toBe('401 TOKEN_ALREADY_USED');
  });

  it.each([
    [undefined, '401 MISSING_UPLOAD_TOKEN'],
    ['', '401 MISSING_UPLOAD_TOKEN'],
    ['nonsense', '401 INVALID_UPLOAD_TOKEN'],
    [`ut-TG1${'a'.repeat(66)}`, '401 INVALID_UPLOAD_TOKEN'],
  ])('with the token %j is refused', async (token, refusal) => {
    expect(uploadRefusal(await upload(api().url, token))).toBe(refusal);
  });

  it('of exactly the limit is taken, and one of a byte more is not and uses its token', async () => {
    expect((await upload(api().url, await newToken(), fileForm(videoBytes(MAX_BYTES)))).status).toBe(200);
    const token = await newToken();
    const before = contentsIn(api().dataDir);
    expect(uploadRefusal(await upload(api().url, token, fileForm(videoBytes(MAX_BYTES + 1))))).toBe(
      '413 FILE_TOO_LARGE',
    );
    expect(contentsIn(api().dataDir)).toEqual(before);
    expect(uploadRefusal(await upload(api().url, token))).toBe('401 TOKEN_ALREADY_USED');
  });

  it('that announces more than the limit is refused before it is sent, and costs its token nothing', async () => {
    const token = await newToken({ maxSize: 1_000 });
    const sent = fileForm(videoBytes(MAX_BYTES + 600_000));
    expect(uploadRefusal(await upload(api().url, token, sent))).toBe('413 FILE_TOO_LARGE');
    const answer = await upload(api().url, token, fileForm(videoBytes(1_000)));
    expect(answer.status).toBe(200);
  });

  it('keeps to what is bound into its token', async () => {
    const refused = async (fields: Json, content: Buffer): Promise<string> =>
      uploadRefusal(await upload(api().url, await newToken(fields), fileForm(content)));
    expect(await refused({ maxSize: 1_000 }, videoBytes(1_001))).toBe('413 FILE_TOO_LARGE');
    expect(await refused({ allowedTypes: ['image/png'] }, videoBytes())).toBe('415 UNSUPPORTED_FILE_TYPE');
    const named = await upload(api().url, await newToken({ fileName: 'lecture.mp4' }), fileForm(undefined, 'x.exe'));
    expect(named.body['filename']).toBe('lecture.mp4');
    const prefixed = await upload(api().url, await newToken({ fileNamePrefix: '7b-' }), fileForm(undefined, 'x.mp4'));
    expect(prefixed.body['filename']).toBe('7b-x.mp4');
  });

  describe('repeated under the same name', () => {
    const body = fileForm(videoBytes(MAX_BYTES));
    const send = async (token: string, key: string): Promise<Answer> =>
      upload(api().url, token, body, { 'idempotency-key': key });

    it('is answered as the first time, and stored once', async () => {
      const token = await newToken();
      const first = await send(token, 'one');
      const stored = contentsIn(api().dataDir);
      const second = await send(token, 'one');
      expect(second.headers['idempotent-replayed']).toBe('true');
      expect(first.headers['idempotent-replayed']).toBeUndefined();
      expect(second.body).toEqual(first.body);
      expect(contentsIn(api().dataDir)).toEqual(stored);
    });

    it('is none under another name, with another token, or after a refusal', async () => {
      const token = await newToken();
      await send(token, 'one');
      expect(uploadRefusal(await send(token, 'two'))).toBe('401 TOKEN_ALREADY_USED');
      expect(uploadRefusal(await upload(api().url, token))).toBe('401 TOKEN_ALREADY_USED');
      const other = await send(await newToken(), 'one');
      expect([other.status, other.headers['idempotent-replayed']]).toEqual([200, undefined]);
      const refused = await newToken();
      await upload(api().url, refused, fileForm('text'), { 'idempotency-key': 'one' });
      expect(uploadRefusal(await send(refused, 'one'))).toBe('401 TOKEN_ALREADY_USED');
    });

    it('is another upload when it brings more than was stored', async () => {
      const token = await newToken();
      const headers = { 'idempotency-key': 'one' };
      await upload(api().url, token, fileForm(videoBytes(1_000)), headers);
      const larger = await upload(api().url, token, fileForm(videoBytes(600_000)), headers);
      expect([uploadRefusal(larger), larger.headers['idempotent-replayed']]).toEqual([
        '401 TOKEN_ALREADY_USED',
        undefined,
      ]);
    });

    it('can only be asked for by a name of 1 to 255 printable characters', async () => {
      expect(uploadRefusal(await send(await newToken(), 'k'.repeat(256)))).toBe('400 INVALID_REQUEST');
      expect((await send(await newToken(), 'k'.repeat(255))).status).toBe(200);
    });
  });

  it('after which it was refused is audited, without the token', async () => {
    const issued = await issueUploadToken(api().url);
    await upload(api().url, issued.string('token'), fileForm('<html>'));
    const [record] = await audit('action=upload_file&limit=1');
    expect(record).toMatchObject({ resource_id: issued.string('tokenId'), result: 'failure' });
    expect(JSON.stringify(record)).not.toContain(issued.string('token'));
    expect(api().output()).not.toContain(issued.string('token'));
  });
});

describe('uploads', () => {
  it('that were stored are told again also where the disk is full by then', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'tollgate-uploads-'));
    const headers = { 'idempotency-key': 'one' };
    const before = await startApi({ dataDir });
    const token = await newUploadToken(before.url);
    const stored = await upload(before.url, token, fileForm(), headers);
    await before.stop();
    const after = await startApi({ dataDir, env: { UPLOAD_MIN_FREE_BYTES: String(Number.MAX_SAFE_INTEGER) } });
    const again = await upload(after.url, token, fileForm(), headers);
    expect([again.status, again.body]).toEqual([200, stored.body]);
    expect(uploadRefusal(await upload(after.url, await newUploadToken(after.url)))).toBe('507 STORAGE_FULL');
    await after.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('and looks at their tokens are audited with the token where that was used before', async () => {
    // A process of its own: so many refusals are recorded in a minute, and no more.
    const api = await startApi();
    const issued = await issueUploadToken(api.url);
    const token = issued.string('token');
    await upload(api.url, token);
    await upload(api.url, token);
    await verifyUploadToken(api.url, token);
    const refused = { result: 'failure', resource_id: issued.string('tokenId'), account_id: UPLOAD_ADMIN };
    for (const action of ['upload_file', 'validate_token']) {
      const path = `/api/v2/admin/audit-logs?action=${action}&resource_id=${issued.string('tokenId')}`;
      await eventually(5_000, async () => {
        expect((await callWithBearer(api.url, api.operatorKey, 'GET', path)).list('logs')[0]).toMatchObject(refused);
      });
    }
    await api.stop();
  });

  it('of an account stop at its quota, before and after they are sent, and leave nothing', async () => {
    const api = await startApi({ env: { UPLOAD_QUOTA_BYTES: '10000' } });
    expect((await upload(api.url, await newUploadToken(api.url), fileForm(videoBytes(6_000)))).status).toBe(200);
    const token = await newUploadToken(api.url);
    expect(uploadRefusal(await upload(api.url, token, fileForm(videoBytes(4_001))))).toBe('403 QUOTA_EXCEEDED');
    expect(contentsIn(api.dataDir)).toHaveLength(1);
    expect((await upload(api.url, token, fileForm(videoBytes(4_000)))).status).toBe(200);
    const late = await newUploadToken(api.url);
    expect(uploadRefusal(await upload(api.url, late))).toBe('403 QUOTA_EXCEEDED');
    expect((await verifyUploadToken(api.url, late)).status).toBe(200);
    expect(await api.stop()).toBe(0);
  });

  it('are not begun where the disk has less room than must stay, and their tokens stay good', async () => {
    const api = await startApi({ env: { UPLOAD_MIN_FREE_BYTES: String(Number.MAX_SAFE_INTEGER) } });
    const token = await newUploadToken(api.url);
    expect(uploadRefusal(await upload(api.url, token))).toBe('507 STORAGE_FULL');
    expect((await verifyUploadToken(api.url, token)).status).toBe(200);
    await api.stop();
  });

  it('need no token where that is switched off, and are still checked', async () => {
    const api = await startApi({ env: { UPLOAD_REQUIRE_AUTH: 'false' } });
    const answer = await upload(api.url, undefined);
    expect(answer.status).toBe(200);
    expect(answer.body['tokenId']).toBeUndefined();
    expect(uploadRefusal(await upload(api.url, undefined, fileForm('text')))).toBe('415 UNSUPPORTED_FILE_TYPE');
    expect(uploadRefusal(await upload(api.url, 'nonsense'))).toBe('401 INVALID_UPLOAD_TOKEN');
    expect(contentsIn(api.dataDir)).toHaveLength(1);
    await api.stop();
  });

  it('are counted by how they ended', async () => {
    const api = await startApi();
    const token = await newUploadToken(api.url);
    await upload(api.url, token);
    await upload(api.url, token);
    await upload(api.url, await newUploadToken(api.url), fileForm('text'));
    const { text } = await callWithBearer(api.url, api.operatorKey, 'GET', '/metrics');
    expect(text).toContain('tollgate_uploads_total{result="stored"} 1\n');
    expect(text).toContain('tollgate_uploads_total{result="token_already_used"} 1\n');
    expect(text).toContain('tollgate_uploads_total{result="unsupported_file_type"} 1\n');
    expect(text).toContain('tollgate_uploads_running 0\n');
    expect(text).toContain('tollgate_upload_duration_seconds_count 1\n');
    expect(Number(/tollgate_upload_received_bytes_total (\d+)/.exec(text)?.[1])).toBeGreaterThan(2_000);
    await api.stop();
  });

  it.each([[''], ['2']])('are served at a port of their own, and nothing else is (workers: "%s")', async (workers) => {
    const uploadPort = await freePort();
    const api = await startApi({
      env: { UPLOAD_PORT: String(uploadPort), ...(workers === '' ? {} : { API_WORKERS: workers }) },
    });
    const url = `http://127.0.0.1:${String(uploadPort)}`;
    expect((await upload(url, await newUploadToken(url))).status).toBe(200);
    expect((await send(url, { method: 'GET', path: '/admin.html' })).status).toBe(200);
    for (const path of ['/', '/health', '/api/v2/tokens', '/docs', '/metrics', '/api/video', '/admin.htmlx']) {
      const answer = await send(url, { method: 'GET', path });
      expect([path, answer.status, answer.body]).toEqual([
        path,
        404,
        { error: 'not found', code: 404, timestamp: expect.any(String) },
      ]);
    }
    expect((await upload(api.url, await newUploadToken(api.url))).status).toBe(200);
    expect(await api.stop()).toBe(0);
  });

  it('can not be served at a port that is taken, and that is said', async () => {
    const first = await startApi();
    await expect(startApi({ env: { UPLOAD_PORT: new URL(first.url).port } })).rejects.toThrow(
      'UPLOAD_PORT is in use by another process',
    );
    await first.stop();
  });
});

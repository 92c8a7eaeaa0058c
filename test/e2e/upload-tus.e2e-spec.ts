import { describeOnEachStore, useApi } from '../support/each-store';
import { callWithBearer, expectStatus } from '../support/hmac-client';
import {
  TUS_PATH,
  tus,
  tusBegin,
  tusCreate,
  tusPatch,
  tusPatchInChunks,
  tusRefusal,
  tusUpload,
} from '../support/tus-client';
import { ADMIN_KEY, uploadRefusal, verifyUploadToken } from '../support/upload-tokens';
import { contentsIn, fileForm, newUploadToken, sha256Of, upload, videoBytes } from '../support/uploads';

/** Ids of the uploads that something is kept of. */
const idsIn = (dataDir: string): readonly string[] => contentsIn(dataDir).map((name) => name.replace(/\..*/, ''));

describeOnEachStore('a resumable upload', (start) => {
  const api = useApi(start, { UPLOAD_MAX_BYTES: '3000000', UPLOAD_TOKEN_LIMIT_PER_MINUTE: '100000' });

  async function download(fileId: string): Promise<string> {
    const answer = await callWithBearer(api().url, ADMIN_KEY, 'GET', `/api/video/files/${fileId}/info`);
    return expectStatus(200, answer).string('sha256');
  }

  it('by a plain tus client ends with the same answer as a plain upload, and spends the token', async () => {
    const { url } = api();
    const token = await newUploadToken(url);
    const content = videoBytes(500_000);
    const { body, status } = await tusUpload(url, token, content);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      success: true,
      filename: 'clip.mp4',
      size: 500_000,
      mimeType: 'video/mp4',
      sha256: sha256Of(content),
    });
    expect(await download(String(body['fileId']))).toBe(sha256Of(content));
    expect(uploadRefusal(await verifyUploadToken(url, token))).toBe('401 TOKEN_ALREADY_USED');
    expect(await tusRefusal(tusUpload(url, token, content))).toBe('401 TOKEN_ALREADY_USED');
  });

  it('may come whole with its creation', async () => {
    const { url } = api();
    const content = videoBytes(100_000);
    const { body, status } = await tusUpload(url, await newUploadToken(url), content, {
      uploadDataDuringCreation: true,
      chunkSize: Number.POSITIVE_INFINITY,
    });
    expect({ status, sha256: body['sha256'] }).toEqual({ status: 201, sha256: sha256Of(content) });
  });

  it('holds its token while it is paused, and goes on where it was', async () => {
    const { url } = api();
    const token = await newUploadToken(url);
    const content = videoBytes(400_000);
    const uploadUrl = await tusBegin(url, token, content, 150_000);
    expect(uploadRefusal(await tusCreate(url, token, 10))).toBe('401 TOKEN_ALREADY_USED');
    const plain = await upload(url, token, fileForm());
    expect(uploadRefusal(plain)).toBe('401 TOKEN_ALREADY_USED');
    expect(Number(plain.headers['retry-after'])).toBeGreaterThan(3_600);
    const { body } = await tusUpload(url, token, content, { uploadUrl });
    expect(body['sha256']).toBe(sha256Of(content));
  });

  it("is nobody else's: its address alone, and another token, find nothing", async () => {
    const { url } = api();
    const token = await newUploadToken(url);
    const path = (await tusCreate(url, token, 100)).headers['location'] ?? '';
    const piece = videoBytes(100);
    expect(uploadRefusal(await tusPatch(url, path, undefined, 0, piece))).toBe('401 MISSING_UPLOAD_TOKEN');
    expect(uploadRefusal(await tusPatch(url, path, 'ut-unknown', 0, piece))).toBe('401 INVALID_UPLOAD_TOKEN');
    const other = await newUploadToken(url);
    for (const method of ['PATCH', 'GET', 'DELETE']) {
      const said = { 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' };
      expect(uploadRefusal(await tus(url, method, path, other, said, piece))).toBe('404 NOT_FOUND');
    }
    expect((await tus(url, 'HEAD', path, other)).status).toBe(404);
    expect((await tus(url, 'HEAD', path, token)).headers).toMatchObject({
      'upload-offset': '0',
      'upload-length': '100',
    });
    expectStatus(200, await verifyUploadToken(url, other));
  });

  it('that is terminated leaves nothing, and its token works again', async () => {
    const { url, dataDir } = api();
    const token = await newUploadToken(url);
    const path = (await tusCreate(url, token, 5_000)).headers['location'] ?? '';
    expectStatus(204, await tusPatch(url, path, token, 0, videoBytes(2_000)));
    expectStatus(204, await tus(url, 'DELETE', path, token));
    expect(idsIn(dataDir)).not.toContain(path.split('/').pop());
    expect((await tus(url, 'HEAD', path, token)).status).toBe(404);
    expect((await tusUpload(url, token, videoBytes())).status).toBe(200);
  });

  it('of a wrong type is refused as soon as that shows, and its token has had its use', async () => {
    const { url, dataDir } = api();
    const token = await newUploadToken(url);
    const path = (await tusCreate(url, token, 100_000)).headers['location'] ?? '';
    const html = Buffer.from('<!doctype html><script>alert(1)</script>'.padEnd(10_000));
    expectStatus(204, await tusPatch(url, path, token, 0, html.subarray(0, 1_000)));
    expect(uploadRefusal(await tusPatch(url, path, token, 1_000, html.subarray(1_000)))).toBe(
      '415 UNSUPPORTED_FILE_TYPE',
    );
    expect(idsIn(dataDir)).not.toContain(path.split('/').pop());
    expect(uploadRefusal(await tusCreate(url, token, 10))).toBe('401 TOKEN_ALREADY_USED');
    expect(uploadRefusal(await tusPatch(url, path, token, 1_000, html))).toBe('401 TOKEN_ALREADY_USED');
  });

  it('of a type that shows only at its end is refused then', async () => {
    const { url } = api();
    const token = await newUploadToken(url);
    expect(await tusRefusal(tusUpload(url, token, Buffer.from('no video at all')))).toBe('415 UNSUPPORTED_FILE_TYPE');
    expect(uploadRefusal(await tusCreate(url, token, 10))).toBe('401 TOKEN_ALREADY_USED');
  });

  it('that is too large or empty by its announcement costs its token nothing', async () => {
    const { url } = api();
    const token = await newUploadToken(url, { maxSize: 1_000 });
    expect(uploadRefusal(await tusCreate(url, token, 1_001))).toBe('413 FILE_TOO_LARGE');
    expect(uploadRefusal(await tusCreate(url, token, 3_000_001))).toBe('413 FILE_TOO_LARGE');
    expect(uploadRefusal(await tusCreate(url, token, 0))).toBe('400 EMPTY_FILE');
    expect((await tusUpload(url, token, videoBytes(1_000))).status).toBe(200);
  });

  it('with more bytes than it said is refused', async () => {
    const { url } = api();
    const token = await newUploadToken(url);
    const path = (await tusCreate(url, token, 100)).headers['location'] ?? '';
    // By its length before anything is read, which costs nothing; in chunks when it shows.
    expect((await tusPatch(url, path, token, 0, videoBytes(101))).status).toBe(413);
    expect((await tus(url, 'HEAD', path, token)).headers['upload-offset']).toBe('0');
    expect(uploadRefusal(await tusPatchInChunks(url, path, token, videoBytes(101)))).toBe('413 FILE_TOO_LARGE');
    expect(uploadRefusal(await tusCreate(url, token, 100))).toBe('401 TOKEN_ALREADY_USED');
  });

  it('tells what does not fit the protocol, in the form of uploads', async () => {
    const { url } = api();
    const token = await newUploadToken(url);
    expect((await tus(url, 'POST', TUS_PATH, token)).status).toBe(400);
    expect((await tus(url, 'POST', TUS_PATH, token, { 'tus-resumable': '0.2.2', 'upload-length': '1' })).status).toBe(
      412,
    );
    expect((await tus(url, 'POST', TUS_PATH, token, { 'upload-defer-length': '1' })).status).toBe(501);
    const path = (await tusCreate(url, token, 100)).headers['location'] ?? '';
    const conflict = await tusPatch(url, path, token, 50, videoBytes(50));
    expect(conflict.status).toBe(409);
    expect(conflict.body['success']).toBe(false);
    expect(conflict.headers['tus-resumable']).toBe('1.0.0');
    const options = await tus(url, 'OPTIONS', TUS_PATH, undefined);
    expect(options.headers).toMatchObject({
      'tus-version': '1.0.0',
      'tus-extension': 'creation,creation-with-upload,termination,expiration',
      'tus-max-size': '3000000',
    });
  });

  it('says when it expires, and shows its client the metadata that it gave, and nothing else', async () => {
    const { url } = api();
    const token = await newUploadToken(url);
    const metadata = `filename ${Buffer.from('a.mp4').toString('base64')},accountId ${Buffer.from('acc_x').toString('base64')}`;
    const created = await tusCreate(url, token, 100, { 'upload-metadata': metadata });
    expect(Date.parse(created.headers['upload-expires'] as string)).toBeGreaterThan(Date.now() + 23 * 3_600_000);
    const head = await tus(url, 'HEAD', created.headers['location'] ?? '', token);
    expect(head.headers['upload-metadata']).toBe(metadata);
    expect(head.headers['cache-control']).toContain('no-store');
  });

  it('whose last answer was lost is found finished', async () => {
    const { url } = api();
    const token = await newUploadToken(url);
    const content = videoBytes(1_000);
    const { uploadUrl, body } = await tusUpload(url, token, content);
    const { pathname } = new URL(uploadUrl);
    expect((await tus(url, 'HEAD', pathname, token)).headers).toMatchObject({
      'upload-offset': '1000',
      'upload-length': '1000',
    });
    expect((await tus(url, 'GET', pathname, token)).body).toEqual(body);
    expect((await tusUpload(url, token, content, { uploadUrl })).status).toBe(200);
    expect((await tus(url, 'DELETE', pathname, token)).status).toBe(404);
  });

  it('that is created again under its name is the one that was stored', async () => {
    const { url } = api();
    const token = await newUploadToken(url);
    const content = videoBytes(1_000);
    const headers = { 'X-Upload-Token': token, 'Idempotency-Key': 'my-clip' };
    const first = await tusUpload(url, token, content, { headers });
    const again = await tusCreate(url, token, 1_000, { 'idempotency-key': 'my-clip' });
    expect(again.status).toBe(201);
    expect(again.headers['idempotent-replayed']).toBe('true');
    expect(again.string('fileId')).toBe(first.body['fileId']);
    expect(uploadRefusal(await tusCreate(url, token, 1_000, { 'idempotency-key': 'other' }))).toBe(
      '401 TOKEN_ALREADY_USED',
    );
  });

  it('whose token is revoked goes no further', async () => {
    const { url, dataDir } = api();
    const token = await newUploadToken(url);
    const path = (await tusCreate(url, token, 5_000)).headers['location'] ?? '';
    expectStatus(204, await tusPatch(url, path, token, 0, videoBytes(2_000)));
    const list = await callWithBearer(url, ADMIN_KEY, 'GET', '/api/video/auth/upload-tokens?limit=1');
    const tokenId = String(list.list('tokens')[0]?.['tokenId']);
    expectStatus(200, await callWithBearer(url, ADMIN_KEY, 'DELETE', `/api/video/auth/upload-tokens/${tokenId}`));
    expect(uploadRefusal(await tusPatch(url, path, token, 2_000, videoBytes(3_000)))).toBe('401 INVALID_UPLOAD_TOKEN');
    expect(idsIn(dataDir)).not.toContain(path.split('/').pop());
  });
});

import { readdirSync, readlinkSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describeOnEachStore, useApi } from '../support/each-store';
import { eventually } from '../support/eventually';
import { type Tenant, callWithBearer, expectStatus, newTenant } from '../support/hmac-client';
import { type Answer, type HttpRequest, send } from '../support/http-client';
import { ADMIN_KEY, uploadRefusal } from '../support/upload-tokens';
import { contentsIn, fileForm, newUploadToken, sha256Of, upload, videoBytes } from '../support/uploads';

const FILES = '/api/video/files';

describeOnEachStore('stored files', (start) => {
  const api = useApi(start, { UPLOAD_TOKEN_LIMIT_PER_MINUTE: '100000' });
  let alice: Tenant;
  let bob: Tenant;

  beforeAll(async () => {
    [alice, bob] = [await newTenant(api().url), await newTenant(api().url)];
  });

  const asAdmin = async (method: string, path: string): Promise<Answer> =>
    callWithBearer(api().url, ADMIN_KEY, method, path);
  const asOperator = async (method: string, path: string): Promise<Answer> =>
    callWithBearer(api().url, api().operatorKey, method, path);

  async function storeForAdmin(content: Buffer, name = 'clip.mp4'): Promise<string> {
    const { url } = api();
    return expectStatus(200, await upload(url, await newUploadToken(url), fileForm(content, name))).string('fileId');
  }

  async function storeFor(tenant: Tenant, fields: object = {}): Promise<string> {
    const issued = expectStatus(201, await tenant.call('POST', '/api/v2/upload-tokens', fields));
    return expectStatus(200, await upload(api().url, issued.string('token'))).string('fileId');
  }

  /** Downloads as the upload administrator. */
  async function get(id: string, headers: HttpRequest['headers'] = {}, method = 'GET'): Promise<Answer> {
    const all = { Authorization: `Bearer ${ADMIN_KEY}`, ...headers };
    return send(api().url, { method, path: `${FILES}/${id}`, headers: all });
  }

  it('are downloaded as what they are, and inert', async () => {
    const content = Buffer.concat([videoBytes(100), Buffer.from('ascii only'.repeat(10))]);
    const id = await storeForAdmin(content, 'été.mp4');
    const { status, headers } = await get(id);
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'video/mp4',
      'content-length': '200',
      'accept-ranges': 'bytes',
      etag: `"${sha256Of(content)}"`,
      'content-disposition': `attachment; filename="_t_.mp4"; filename*=UTF-8''%C3%A9t%C3%A9.mp4`,
      'x-content-type-options': 'nosniff',
      'content-security-policy': "sandbox; default-src 'none'",
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'private, no-store',
    });
    expect((await get(id, { range: 'bytes=100-109' })).text).toBe('ascii only');
  });

  it('are told of to HEAD without their contents', async () => {
    const id = await storeForAdmin(videoBytes(1_000));
    const { status, headers, text } = await get(id, {}, 'HEAD');
    expect({ status, length: headers['content-length'], text }).toEqual({ status: 200, length: '1000', text: '' });
  });

  it('are sent in parts, and not at all to whoever has them', async () => {
    const content = videoBytes(1_000);
    const id = await storeForAdmin(content);
    const etag = `"${sha256Of(content)}"`;
    const part = await get(id, { range: 'bytes=-10', 'if-range': etag });
    expect(part).toMatchObject({
      status: 206,
      headers: { 'content-range': 'bytes 990-999/1000', 'content-length': '10' },
    });
    expect((await get(id, { range: 'bytes=0-9', 'if-range': '"other"' })).headers['content-length']).toBe('1000');
    const outside = await get(id, { range: 'bytes=1000-' });
    expect(uploadRefusal(outside)).toBe('416 RANGE_NOT_SATISFIABLE');
    expect(outside.headers['content-range']).toBe('bytes */1000');
    const same = await get(id, { 'if-none-match': etag });
    expect({ status: same.status, text: same.text }).toEqual({ status: 304, text: '' });
    expect((await get(id, { 'if-modified-since': new Date(Date.now() + 60_000).toUTCString() })).status).toBe(304);
    expect(uploadRefusal(await get(id, { 'if-match': '"other"' }))).toBe('412 PRECONDITION_FAILED');
  });

  it('come whole to many at once', async () => {
    const content = videoBytes(1_500_000);
    const id = await storeForAdmin(content);
    const lengths = await Promise.all(
      Array.from({ length: 8 }, async (_, index) => {
        const range = `bytes=${String(index * 1_000)}-`;
        return (await get(id, { range })).headers['content-length'];
      }),
    );
    expect(lengths).toEqual(Array.from({ length: 8 }, (_, index) => String(1_500_000 - index * 1_000)));
  });

  it('are listed and shown to their owner, newest first, by label and in pages', async () => {
    const first = await storeFor(alice, { owner_label: 'spring' });
    const second = await storeFor(alice);
    const list = expectStatus(200, await alice.call('GET', FILES));
    expect(list.body).toMatchObject({ success: true, total: 2, limit: 50, offset: 0 });
    expect(list.list('files').map(({ fileId }) => fileId)).toEqual([second, first]);
    const labelled = await alice.call('GET', `${FILES}?owner_label=spring`);
    expect(labelled.list('files')).toMatchObject([{ fileId: first, accountId: alice.accountId, ownerLabel: 'spring' }]);
    expect((await alice.call('GET', `${FILES}?limit=1&offset=1`)).list('files')).toMatchObject([{ fileId: first }]);
    const info = expectStatus(200, await alice.call('GET', `${FILES}/${first}/info`));
    expect(info.body).toMatchObject({ success: true, fileId: first, mimeType: 'video/mp4', size: 2_000 });
    expect(JSON.stringify(info.body)).not.toContain('storageKey');
  });

  it('of one account are not there for others, nor for the upload administrator', async () => {
    const id = await storeFor(alice);
    for (const path of [`${FILES}/${id}`, `${FILES}/${id}/info`]) {
      expect(uploadRefusal(await bob.call('GET', path))).toBe('404 NOT_FOUND');
      expect(uploadRefusal(await asAdmin('GET', path))).toBe('404 NOT_FOUND');
    }
    expect(uploadRefusal(await bob.call('DELETE', `${FILES}/${id}`))).toBe('404 NOT_FOUND');
    expect(uploadRefusal(await asAdmin('DELETE', `${FILES}/${id}`))).toBe('404 NOT_FOUND');
    expect((await bob.call('GET', FILES)).body['total']).toBe(0);
    expect(uploadRefusal(await bob.call('GET', `${FILES}?account_id=${alice.accountId}`))).toBe('400 INVALID_REQUEST');
    expect((await alice.call('GET', `${FILES}/${id}`)).status).toBe(200);
  });

  it('of everybody are there for operators, and of one account where they say so', async () => {
    const id = await storeFor(bob);
    expect((await asOperator('GET', `${FILES}/${id}/info`)).body['accountId']).toBe(bob.accountId);
    expect(Number((await asOperator('GET', FILES)).body['total'])).toBeGreaterThan(2);
    const list = await asOperator('GET', `${FILES}?account_id=${bob.accountId}`);
    expect(list.list('files').map(({ fileId }) => fileId)).toContain(id);
    expect(new Set(list.list('files').map(({ accountId }) => accountId))).toEqual(new Set([bob.accountId]));
  });

  it('take a bearer token with the scope for it, to read or to delete', async () => {
    const { url } = api();
    const id = await storeFor(alice);
    const valueOf = async (scope: string): Promise<string> =>
      (await alice.createToken({ scope: [scope] })).string('token');
    const [reader, writer] = [await valueOf('storage:read'), await valueOf('storage:write')];
    expect((await callWithBearer(url, reader, 'GET', `${FILES}/${id}`)).status).toBe(200);
    expect(uploadRefusal(await callWithBearer(url, writer, 'GET', `${FILES}/${id}`))).toBe('403 PERMISSION_DENIED');
    expect(uploadRefusal(await callWithBearer(url, reader, 'DELETE', `${FILES}/${id}`))).toBe('403 PERMISSION_DENIED');
    expect((await callWithBearer(url, writer, 'DELETE', `${FILES}/${id}`)).status).toBe(200);
  });

  it("are nobody's without credentials, or with wrong ones", async () => {
    const id = await storeForAdmin(videoBytes());
    for (const path of [FILES, `${FILES}/${id}`, `${FILES}/${id}/info`]) {
      expect((await send(api().url, { method: 'GET', path })).status).toBe(401);
      expect((await callWithBearer(api().url, 'not_a_key', 'GET', path)).status).toBe(401);
    }
  });

  it('are gone once they are deleted, contents and all, and that is on record', async () => {
    const id = await storeFor(alice);
    expectStatus(200, await alice.call('DELETE', `${FILES}/${id}`));
    expect(uploadRefusal(await alice.call('GET', `${FILES}/${id}`))).toBe('404 NOT_FOUND');
    expect(uploadRefusal(await alice.call('DELETE', `${FILES}/${id}`))).toBe('404 NOT_FOUND');
    expect(contentsIn(api().dataDir).filter((name) => name.startsWith(id))).toEqual([]);
    // A failure is recorded without anybody waiting for it.
    await eventually(5_000, async () => {
      const audit = await alice.call('GET', '/api/v2/audit-logs?action=delete_file');
      const results = audit.list('logs').flatMap((log) => (log['resource_id'] === id ? [log['result']] : []));
      expect(results.sort()).toEqual(['failure', 'success']);
    });
  });

  it('whose contents are lost say so', async () => {
    const id = await storeForAdmin(videoBytes());
    removeContent(id);
    const answer = await get(id);
    expect(uploadRefusal(answer)).toBe('404 NOT_FOUND');
    expect(answer.body['error']).toContain('gone from the storage');
  });

  it('are let go of when the client goes in the middle', async () => {
    const id = await storeForAdmin(videoBytes(20_000_000));
    const { hostname, port } = new URL(api().url);
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), hostname, () => {
        socket.write(`GET ${FILES}/${id} HTTP/1.1\r\nHost: api\r\nAuthorization: Bearer ${ADMIN_KEY}\r\n\r\n`);
      });
      socket.once('data', () => {
        socket.destroy();
        resolve();
      });
    });
    await eventually(5_000, async () => {
      expect(openContents(api().pid)).toBe(0);
      return Promise.resolve();
    });
  });

  function removeContent(id: string): void {
    const folder = join(api().dataDir, 'uploads');
    const found = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.includes(id));
    expect(found).toHaveLength(1);
    for (const path of found) rmSync(join(folder, path));
  }

  /** Files in the folder of uploads that the api has open. */
  function openContents(pid: number): number {
    const folder = `/proc/${String(pid)}/fd`;
    const targets = readdirSync(folder).map((fd) => {
      try {
        return readlinkSync(join(folder, fd));
      } catch {
        return '';
      }
    });
    return targets.filter((target) => target.startsWith(join(api().dataDir, 'uploads'))).length;
  }
});

import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ApiProcess, startApi } from '../support/api-process';
import { CallbackReceiver } from '../support/callback-receiver';
import { type StartOnStore, describeOnEachStore } from '../support/each-store';
import { eventually } from '../support/eventually';
import { type Tenant, callWithBearer, expectStatus, newTenant } from '../support/hmac-client';
import type { Json } from '../support/http-client';
import { issueUploadToken } from '../support/upload-tokens';
import { upload } from '../support/uploads';

const WITHIN_MS = 15_000;

describeOnEachStore('a callback', (start: StartOnStore) => {
  let receiver: CallbackReceiver;
  let api: ApiProcess;

  beforeAll(async () => {
    receiver = await CallbackReceiver.start();
    const env = { UPLOAD_CALLBACK_ALLOW: '127.0.0.0/8,::1', NODE_EXTRA_CA_CERTS: receiver.certificateFile };
    api = await start({ env });
  });
  afterAll(async () => {
    await api.stop();
    await receiver.stop();
  });
  beforeEach(() => {
    receiver.received.length = 0;
    receiver.answer = (response) => {
      response.writeHead(204).end();
    };
  });

  /** Stores an upload of which the receiver is told. */
  async function storeTold(fields: Json = {}): Promise<{ readonly secret: string; readonly fileId: string }> {
    const url = receiver.url('/hook?key=of-the-receiver');
    const issued = await issueUploadToken(api.url, { callbackUrl: url, ownerLabel: 'visitor 17', ...fields });
    const stored = expectStatus(200, await upload(api.url, expectStatus(200, issued).string('token')));
    return { secret: issued.string('callbackSecret'), fileId: stored.string('fileId') };
  }

  async function auditOf(fileId: string): Promise<readonly Json[]> {
    const path = '/api/v2/admin/audit-logs?action=upload_callback&limit=100';
    const answer = await callWithBearer(api.url, api.operatorKey, 'GET', path);
    return answer.list('logs').filter(({ resource_id: of }) => of === fileId);
  }

  it('tells of a stored upload, signed as Standard Webhooks has it', async () => {
    const { secret, fileId } = await storeTold();
    await eventually(WITHIN_MS, async () => {
      expect(receiver.received).toHaveLength(1);
      return Promise.resolve();
    });
    const [{ path, headers, body } = { path: '', headers: {}, body: '' }] = receiver.received;
    expect(path).toBe('/hook?key=of-the-receiver');
    expect(JSON.parse(body)).toMatchObject({
      type: 'upload.stored',
      data: { fileId, filename: 'clip.mp4', mimeType: 'video/mp4', ownerLabel: 'visitor 17' },
    });
    const [id, timestamp] = [headers['webhook-id'], headers['webhook-timestamp']].map(String);
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
    const signature = createHmac('sha256', key)
      .update(`${String(id)}.${String(timestamp)}.${body}`)
      .digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${signature}`);
    expect(Math.abs(Number(timestamp) - Date.now() / 1_000)).toBeLessThan(60);
    await eventually(WITHIN_MS, async () => {
      expect(await auditOf(fileId)).toMatchObject([{ result: 'success' }]);
    });
    expect(JSON.stringify(await auditOf(fileId))).not.toMatch(/of-the-receiver|whsec_/);
    expect(api.output()).not.toContain(secret);
  });

  it('is given up at once when the receiver says that it is gone', async () => {
    receiver.answer = (response) => {
      response.writeHead(410).end();
    };
    const { fileId } = await storeTold();
    await eventually(WITHIN_MS, async () => {
      expect(await auditOf(fileId)).toMatchObject([{ result: 'failure' }]);
    });
    expect(receiver.received).toHaveLength(1);
  });

  it('is not on record as long as it is tried again', async () => {
    receiver.answer = (response) => {
      response.writeHead(302, { location: receiver.url('/elsewhere') }).end();
    };
    const { fileId } = await storeTold();
    await eventually(WITHIN_MS, async () => {
      expect(api.output()).toContain('answered with status 302');
      return Promise.resolve();
    });
    expect(await auditOf(fileId)).toEqual([]);
    expect(receiver.received.map(({ path }) => path)).toEqual(['/hook?key=of-the-receiver']);
  });

  it('tells tenants of uploads with their tokens', async () => {
    const tenant: Tenant = await newTenant(api.url);
    const fields = { callback_url: receiver.url('/tenant') };
    const issued = expectStatus(201, await tenant.call('POST', '/api/v2/upload-tokens', fields));
    expectStatus(200, await upload(api.url, issued.string('token')));
    await eventually(WITHIN_MS, async () => {
      expect(receiver.received.map(({ path }) => path)).toEqual(['/tenant']);
      return Promise.resolve();
    });
  });
});

describe('a callback to an address inside', () => {
  it('is not connected to, though its token was issued when it was allowed', async () => {
    const receiver = await CallbackReceiver.start();
    const dataDir = mkdtempSync(join(tmpdir(), 'tollgate-callback-'));
    const issuing = await startApi({ dataDir, env: { UPLOAD_CALLBACK_ALLOW: '127.0.0.0/8,::1' } });
    const issued = expectStatus(200, await issueUploadToken(issuing.url, { callbackUrl: receiver.url() }));
    await issuing.stop();
    const api = await startApi({ dataDir, env: { NODE_EXTRA_CA_CERTS: receiver.certificateFile } });
    expectStatus(200, await upload(api.url, issued.string('token')));
    await eventually(WITHIN_MS, async () => {
      expect(api.output()).toContain('the address is not public');
      return Promise.resolve();
    });
    expect(receiver.received).toEqual([]);
    await api.stop();
    await receiver.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });
});

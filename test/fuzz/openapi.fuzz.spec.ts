import fc from 'fast-check';
import { VIDEO_BYTES } from '../support/body-arbitrary';
import { describeOnEachStore, useApi } from '../support/each-store';
import { Tenant, newTenant, signatureHeaders, uniqueDate, validate } from '../support/hmac-client';
import { type Answer, bytesOf, send } from '../support/http-client';
import { OpenApi, type Operation, withExamples } from '../support/openapi';
import { type GeneratedRequest, exampleRequest, requestTo } from '../support/request-arbitrary';
import { TUS_PATH, tusCreate, tusPatch } from '../support/tus-client';
import { ADMIN_KEY, issueUploadToken } from '../support/upload-tokens';
import { newUploadToken, upload, videoBytes } from '../support/uploads';

const RUNS_PER_OPERATION = 120;
/** What any route may answer to HTTP itself, said once in the document's description rather than on each route. */
const EVERYWHERE = [400, 404, 413, 414, 431];

/** Below it refusals have a form of their own. */
const UPLOAD_PATHS = '/api/video/';

/** In a path, for an upload that is begun before each request to it: most requests leave it changed, if they leave it. */
const RESUMABLE = 'a_resumable_upload';

/** Work for the operations of uploads that the examples of the document would not do. */
const UPLOAD_EXAMPLES = { 'Upload-Length': VIDEO_BYTES, 'Upload-Metadata': `filename ${btoa('clip.mp4')},more` };

interface Ids {
  readonly token: string;
  readonly account: string;
  /** A token of `account`. */
  readonly accountToken: string;
}

/** What uploads have to do with; all but `adminToken` belongs to the tenant. */
interface UploadIds {
  readonly uploadToken: string;
  readonly file: string;
  /** An upload token of the upload administrator's. */
  readonly adminToken: string;
}

/** The id that `{id}` stands for in the path of an operation; `undefined` where it has nothing to do with uploads. */
function uploadIdFor({ path }: Operation, { uploadToken, file, adminToken }: UploadIds): string | undefined {
  if (path.startsWith('/api/video/files')) return file;
  if (path.startsWith(TUS_PATH)) return RESUMABLE;
  if (path.startsWith(UPLOAD_PATHS)) return adminToken;
  return path.includes('/upload-tokens') ? uploadToken : undefined;
}

/** What can be downloaded can be asked about by HEAD, which the document tells in words only. */
function withHead(operation: Operation): readonly Operation[] {
  if (!operation.statuses.includes(206)) return [operation];
  return [operation, { ...operation, name: `HEAD ${operation.path}`, method: 'HEAD' }];
}

function expectRefusal({ method, path }: Operation, answer: Answer): void {
  if (method === 'HEAD') {
    expect(answer.text).toBe('');
  } else if (path.startsWith(UPLOAD_PATHS)) {
    expect(answer.body).toEqual({
      success: false,
      code: expect.stringMatching(/^[A-Z]+(?:_[A-Z]+)*$/),
      error: expect.stringMatching(/./),
    });
  } else if (answer.body['valid'] === undefined) {
    expect(answer.body).toEqual({ error: expect.any(String), code: answer.status, timestamp: expect.any(String) });
  }
}

const REPORT_KEY = 'a-key-that-gateways-report-by-0123456789';
const TUNNELS = '/api/v2/tunnels';
/** Not managed on MongoDB without etcd. */
const isTunnel = (path: string): boolean => /^\/api\/v2\/(?:admin\/)?tunnels/.test(path);

describeOnEachStore('requests made from the OpenAPI document', (start) => {
  const api = useApi(start, { TRAFFIC_REPORT_KEY: REPORT_KEY, TUNNEL_TOKENS_PER_ACCOUNT: '100000' });
  let document: OpenApi;
  let tenant: Tenant;
  let secretKey: string;
  let token: string;

  beforeAll(async () => {
    document = await OpenApi.read(api().url);
    tenant = await newTenant(api().url);
    ({ secretKey } = tenant);
    token = (await tenant.createToken({ scope: ['*'] })).string('token');
  });

  /** Things to act on that the next operation may well destroy. */
  async function freshIds(): Promise<Ids> {
    const self = new Tenant(api().url, tenant.accountId, tenant.accessKey, secretKey);
    const other = await newTenant(api().url);
    return {
      token: (await self.createToken()).string('token_id'),
      account: other.accountId,
      accountToken: (await other.createToken()).string('token_id'),
    };
  }

  async function freshUploadIds(): Promise<UploadIds> {
    const self = new Tenant(api().url, tenant.accountId, tenant.accessKey, secretKey);
    const forFile = (await self.call('POST', '/api/v2/upload-tokens')).string('token');
    return {
      uploadToken: (await self.call('POST', '/api/v2/upload-tokens')).string('token_id'),
      file: (await upload(api().url, forFile)).string('fileId'),
      adminToken: (await issueUploadToken(api().url)).string('tokenId'),
    };
  }

  async function newTunnelId({ path }: Operation): Promise<string | undefined> {
    if (!isTunnel(path) || !path.includes('{id}')) return undefined;
    const made = await new Tenant(api().url, tenant.accountId, tenant.accessKey, secretKey).call('POST', TUNNELS, {});
    return made.status === 201 ? made.string('token_id') : undefined;
  }

  /** An upload for one request: as a rule begun, stored for GET. */
  async function newResumable({ method }: Operation, uploadToken: string): Promise<string> {
    const created = await tusCreate(api().url, uploadToken, VIDEO_BYTES);
    const path = String(created.headers.location);
    if (method === 'GET') await tusPatch(api().url, path, uploadToken, 0, videoBytes(VIDEO_BYTES));
    return path.slice(TUS_PATH.length + 1);
  }

  async function credentials(
    { method }: Operation,
    { path, body, scheme }: GeneratedRequest,
    uploadToken: string | undefined,
  ): Promise<Record<string, string>> {
    switch (scheme) {
      case undefined:
        return {};
      case 'operator-key':
        return { Authorization: `Bearer ${api().operatorKey}` };
      case 'upload-key':
        return { Authorization: `Bearer ${ADMIN_KEY}` };
      case 'traffic-report-key':
        return { Authorization: `Bearer ${REPORT_KEY}` };
      case 'bearer':
        return { Authorization: `Bearer ${token}` };
      case 'upload-token':
        return { 'X-Upload-Token': uploadToken ?? (await newUploadToken(api().url)) };
      default: {
        const key = { accessKey: tenant.accessKey, secretKey };
        return signatureHeaders(key, { method, uri: path, date: uniqueDate(), body: bytesOf(body) });
      }
    }
  }

  async function attempt(operation: Operation, request: GeneratedRequest): Promise<Answer> {
    const { method } = operation;
    let { path } = request;
    let uploadToken: string | undefined;
    if (path.includes(RESUMABLE)) {
      uploadToken = await newUploadToken(api().url);
      path = path.replace(RESUMABLE, await newResumable(operation, uploadToken));
    }
    const headers = { ...request.headers, ...(await credentials(operation, request, uploadToken)) };
    const answer = await send(api().url, { method, path, headers, body: request.body });
    const renewed: unknown =
      operation.path.endsWith('/regenerate-sk') && answer.status === 200 && answer.body['secret_key'];
    if (typeof renewed === 'string') secretKey = renewed;
    return answer;
  }

  it('are answered without a fault, in the form of the house, with a status that the document tells of', async () => {
    expect(document.operations.length).toBeGreaterThan(15);
    const examples = { ...UPLOAD_EXAMPLES, authKey: ADMIN_KEY, token: await newUploadToken(api().url) };
    const seen = new Map<string, Set<number>>();
    for (const described of document.operations.flatMap(withHead)) {
      const operation = described.path.startsWith(UPLOAD_PATHS)
        ? withExamples(document, described, examples)
        : described;
      const statuses = new Set<number>();
      seen.set(operation.name, statuses);
      const ids = await freshIds();
      const uploadId = uploadIdFor(operation, await freshUploadIds()) ?? (await newTunnelId(operation));
      const known = uploadId === undefined ? Object.values(ids) : [uploadId, uploadId, ids.token];
      const id = uploadId ?? (operation.path.includes('/accounts/') ? ids.account : ids.token);
      await fc.assert(
        fc.asyncProperty(requestTo(document, operation, [...known, 'tk_none'], [ids.accountToken]), async (request) => {
          const answer = await attempt(operation, request);
          statuses.add(answer.status);
          const isManaged = !(isTunnel(operation.path) && answer.status === 501);
          expect([operation.name, isManaged && answer.status >= 500]).toEqual([operation.name, false]);
          expect([...operation.statuses, ...EVERYWHERE]).toContain(answer.status);
          if (answer.status >= 400) expectRefusal(operation, answer);
        }),
        {
          numRuns: RUNS_PER_OPERATION,
          examples: [[exampleRequest(document, operation, id, ids.accountToken)]],
        },
      );
    }
    // Not everything was refused at the door: each operation did its work at least once.
    for (const [name, statuses] of seen) {
      // Nobody is connected whom a run id could name.
      const isAway = isTunnel(name.replace(/^\S+ /, '')) && statuses.has(501);
      if (isAway || name.endsWith('/clients/{runId}/kick')) continue;
      const reached = [...statuses].some((status) => status < 300);
      expect([name, reached]).toEqual([name, true]);
    }
    expect(api().output()).not.toMatch(/"level":(?:50|60)/);
  }, 120_000);

  it('leave a service behind that works', async () => {
    const after = await newTenant(api().url);
    const made = await after.createToken({ scope: ['a:b'] });
    expect((await validate(api().url, made.string('token'), { required_scope: 'a:b' })).status).toBe(200);
  });
});

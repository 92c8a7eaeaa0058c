import fc from 'fast-check';
import { describeOnEachStore, useApi } from '../support/each-store';
import { Tenant, newTenant, signatureHeaders, uniqueDate, validate } from '../support/hmac-client';
import { type Answer, bytesOf, send } from '../support/http-client';
import { OpenApi, type Operation } from '../support/openapi';
import { type GeneratedRequest, exampleRequest, requestTo } from '../support/request-arbitrary';

const RUNS_PER_OPERATION = 120;
/** What any route may answer to HTTP itself, said once in the document's description rather than on each route. */
const EVERYWHERE = [400, 404, 413, 414, 431];

interface Ids {
  readonly token: string;
  readonly account: string;
  /** A token of `account`. */
  readonly accountToken: string;
}

describeOnEachStore('requests made from the OpenAPI document', (start) => {
  const api = useApi(start);
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

  function credentials(
    { method, security }: Operation,
    { path, body, authenticated }: GeneratedRequest,
  ): Record<string, string> {
    if (!authenticated) return {};
    if (security.includes('operator-key')) return { Authorization: `Bearer ${api().operatorKey}` };
    if (security.includes('bearer')) return { Authorization: `Bearer ${token}` };
    if (security.length === 0) return {};
    const key = { accessKey: tenant.accessKey, secretKey };
    return signatureHeaders(key, { method, uri: path, date: uniqueDate(), body: bytesOf(body) });
  }

  async function attempt(operation: Operation, request: GeneratedRequest): Promise<Answer> {
    const headers = { ...request.headers, ...credentials(operation, request) };
    const answer = await send(api().url, { method: operation.method, path: request.path, headers, body: request.body });
    const renewed: unknown =
      operation.path.endsWith('/regenerate-sk') && answer.status === 200 && answer.body['secret_key'];
    if (typeof renewed === 'string') secretKey = renewed;
    return answer;
  }

  it('are answered without a fault, in the form of the house, with a status that the document tells of', async () => {
    expect(document.operations.length).toBeGreaterThan(15);
    const seen = new Map<string, Set<number>>();
    for (const operation of document.operations) {
      const statuses = new Set<number>();
      seen.set(operation.name, statuses);
      const ids = await freshIds();
      await fc.assert(
        fc.asyncProperty(
          requestTo(document, operation, [...Object.values(ids), 'tk_none'], [ids.accountToken]),
          async (request) => {
            const answer = await attempt(operation, request);
            statuses.add(answer.status);
            expect([operation.name, answer.status < 500]).toEqual([operation.name, true]);
            expect([...operation.statuses, ...EVERYWHERE]).toContain(answer.status);
            if (answer.status >= 400 && answer.body['valid'] === undefined) {
              expect(answer.body).toEqual({
                error: expect.any(String),
                code: answer.status,
                timestamp: expect.any(String),
              });
            }
          },
        ),
        {
          numRuns: RUNS_PER_OPERATION,
          examples: [
            [
              exampleRequest(
                document,
                operation,
                operation.path.includes('/accounts/') ? ids.account : ids.token,
                ids.accountToken,
              ),
            ],
          ],
        },
      );
    }
    // Not everything was refused at the door: each operation did its work at least once.
    for (const [name, statuses] of seen) {
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

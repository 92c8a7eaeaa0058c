import { inspect } from 'node:util';
import { StubFetch } from '../../test/support/stub-fetch';
import { TollgateUsageError } from './errors';
import { OperatorClient } from './operator-client';

const OPERATOR_KEY = 'OK_key-that-must-not-be-seen';

describe('OperatorClient', () => {
  it.each<[string, (client: OperatorClient) => Promise<unknown>, string, string, string | undefined]>([
    ['listAccounts', async (client) => client.listAccounts(), 'GET', '/accounts', undefined],
    [
      'listAccounts',
      async (client) => client.listAccounts({ status: 'suspended', search: 'a&b', limit: 10 }),
      'GET',
      '/accounts?status=suspended&search=a%26b&limit=10',
      undefined,
    ],
    ['getAccount', async (client) => client.getAccount('acc_1'), 'GET', '/accounts/acc_1', undefined],
    [
      'setAccountStatus',
      async (client) => client.setAccountStatus('acc_1', 'suspended'),
      'PUT',
      '/accounts/acc_1/status',
      '{"status":"suspended"}',
    ],
    [
      'setAccountRateLimit',
      async (client) => client.setAccountRateLimit('acc_1', { requests_per_minute: 5 }),
      'PUT',
      '/accounts/acc_1/rate-limit',
      '{"rate_limit":{"requests_per_minute":5}}',
    ],
    [
      'setAccountRateLimit',
      async (client) => client.setAccountRateLimit('acc_1', null),
      'PUT',
      '/accounts/acc_1/rate-limit',
      '{"rate_limit":null}',
    ],
    [
      'setAccountValidationLog',
      async (client) => client.setAccountValidationLog('acc_1', { enabled: false }),
      'PUT',
      '/accounts/acc_1/validation-log',
      '{"enabled":false}',
    ],
    [
      'listAccountTokens',
      async (client) => client.listAccountTokens('acc_1', { active_only: true, offset: 2 }),
      'GET',
      '/accounts/acc_1/tokens?active_only=true&offset=2',
      undefined,
    ],
    [
      'setTokenRateLimit',
      async (client) => client.setTokenRateLimit('acc_1', 'tk_1', null),
      'PUT',
      '/accounts/acc_1/tokens/tk_1/rate-limit',
      '{"rate_limit":null}',
    ],
    [
      'auditLogs',
      async (client) => client.auditLogs({ account_id: 'acc_1' }),
      'GET',
      '/audit-logs?account_id=acc_1',
      undefined,
    ],
  ])('sends %s with the operator key', async (_name, call, method, path, body) => {
    const stub = new StubFetch({ json: { total: 1 } });

    await call(new OperatorClient({ baseUrl: 'http://api.test', operatorKey: OPERATOR_KEY, fetch: stub.fetch }));

    expect(stub.last).toMatchObject({ url: `http://api.test/api/v2/admin${path}`, method, body });
    expect(stub.last.headers['authorization']).toBe(`Bearer ${OPERATOR_KEY}`);
  });

  it('refuses a key that no header can carry without repeating it, and shows none when inspected', () => {
    const open = (operatorKey: string): OperatorClient =>
      new OperatorClient({ baseUrl: 'http://api.test', operatorKey });

    expect(() => open('two\nlines')).toThrow(TollgateUsageError);
    expect(inspect(open(OPERATOR_KEY), { depth: 9, showHidden: true })).not.toContain(OPERATOR_KEY);
  });
});

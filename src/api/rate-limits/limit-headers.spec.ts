import type { FastifyReply } from 'fastify';
import type { Decision } from '@tollgate/limiter';
import { limitHeaderLines, setHeaderLines } from './limit-headers';
import { LimitPolicy } from './limit-policy';
import { buildToken } from '@tollgate/testing';

const NOW_MS = 1_767_520_800_000;

const policy = new LimitPolicy({ app: [10, 200, 0], accounts: true, tokens: true });
const credential = {
  token: buildToken({ id: 'tk_1', accountId: 'acc_1', rateLimit: { requestsPerDay: 5 } }),
  account: { status: 'active', rateLimit: { requestsPerHour: 50 } },
} as const;

const decision = (degraded?: 'local' | 'open'): Decision => ({
  refusedBy: -1,
  retryAfterSeconds: 0,
  degraded,
  states: [
    { granted: 1, window: 0, limit: 10, remaining: 9, roomAtMs: NOW_MS + 61_001 },
    { granted: 1, window: 1, limit: 50, remaining: 0, roomAtMs: NOW_MS + 3_600_000 },
    { granted: 1, window: 2, limit: 5, remaining: 4, roomAtMs: NOW_MS + 86_400_000 },
  ],
});

describe('limit headers', () => {
  it('name the tightest window of each layer, and every limit there is', () => {
    const headers: Record<string, unknown> = {};
    const reply = { header: (name: string, value: unknown) => (headers[name] = value) } as unknown as FastifyReply;
    setHeaderLines(reply, limitHeaderLines(policy.forToken(credential), decision(), NOW_MS));
    expect(headers).toEqual({
      'X-RateLimit-Limit-App': '10',
      'X-RateLimit-Remaining-App': '9',
      'X-RateLimit-Reset-App': '1767520862',
      'X-RateLimit-Limit-Account': '50',
      'X-RateLimit-Remaining-Account': '0',
      'X-RateLimit-Reset-Account': '1767524400',
      'X-RateLimit-Limit-Token': '5',
      'X-RateLimit-Remaining-Token': '4',
      'X-RateLimit-Reset-Token': '1767607200',
      'RateLimit-Policy':
        '"app-minute";q=10;w=60, "app-hour";q=200;w=3600, "account-hour";q=50;w=3600, "token-day";q=5;w=86400',
      RateLimit: '"app-minute";r=9;t=62, "account-hour";r=0;t=3600, "token-day";r=4;t=86400',
    });
  });

  it('are none where no layer applies', () => {
    const none = new LimitPolicy({ app: undefined, accounts: true, tokens: true });
    const subjects = none.forToken({
      ...credential,
      token: buildToken({ accountId: 'acc_1' }),
      account: { status: 'active' },
    });
    expect(subjects).toEqual([]);
    expect(limitHeaderLines(subjects, { ...decision(), states: [] }, NOW_MS)).toBe('');
  });

  it('of a layer are left out where it is switched off', () => {
    const tokensOnly = new LimitPolicy({ app: undefined, accounts: false, tokens: true });
    expect(tokensOnly.forToken(credential).map(({ layer }) => layer)).toEqual(['token']);
    expect(tokensOnly.forAccount('acc_1', credential.account.rateLimit)).toEqual([]);
  });

  it('say when an answer is weaker than it should be', () => {
    const lines = limitHeaderLines(policy.forAnyone(), { ...decision('open'), states: [] }, NOW_MS);
    expect(lines).toBe('X-RateLimit-Degraded: open\r\n');
  });
});

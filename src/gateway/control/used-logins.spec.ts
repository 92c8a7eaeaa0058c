import { ProxyHarness, arrived } from '../../../test/support/proxy-harness';
import type { ClientSession } from './client-session';
import { UsedLogins } from './used-logins';

const NOW = 1_700_000_000;
const ELSEWHERE = '198.51.100.1';

/** The key of a token at a time. */
const keyAt = (timestamp: number): string => `key of ${String(timestamp)}`;
const loginAt = (timestamp: number, runId = 'run') =>
  arrived<'login'>({ type: 'login', privilegeKey: keyAt(timestamp), timestamp, runId });

describe('UsedLogins', () => {
  const { identity } = new ProxyHarness().session;
  const { address } = identity.connection.peer;
  let used: UsedLogins;
  let former: ClientSession;

  beforeEach(() => {
    used = new UsedLogins();
    const login = loginAt(NOW);
    used.note(login, address);
    former = { identity: { ...identity, login } } as ClientSession;
  });

  it.each([
    ['the login that the client is there by', NOW, ELSEWHERE, true],
    ['the same from the same address', NOW, address, false],
    ['an older one, though it was never seen here', NOW - 50, ELSEWHERE, true],
    ['an older one from the same address, whose clock was put right', NOW - 50, address, false],
    ['a new one, of a client that has moved', NOW + 1, ELSEWHERE, false],
  ])('%s', (_what, timestamp, from, expected) => {
    expect(used.isReplay(loginAt(timestamp), former, from)).toBe(expected);
  });

  it('knows a later login of another client of the token, repeated with the run id of this one', () => {
    used.note(loginAt(NOW + 10, 'other'), '192.0.2.77');
    expect(used.isReplay(loginAt(NOW + 10), former, ELSEWHERE)).toBe(true);
    expect(used.isReplay(loginAt(NOW + 10), former, '192.0.2.77')).toBe(false);
  });

  it('keeps to where a login came from first, however often it is repeated', () => {
    used.note(loginAt(NOW + 10), '192.0.2.77');
    used.note(loginAt(NOW + 10), ELSEWHERE);
    expect(used.isReplay(loginAt(NOW + 10), former, ELSEWHERE)).toBe(true);
  });
});

import { TokenBucket } from '@tollgate/stream-kit';
import { readTunnelToken, type TunnelToken } from '@tollgate/tunnel-tokens';
import type { MonthGate } from './proxy-context';
import { SharedUse } from './shared-use';
import { TenantUse } from './tenant-use';

const SCHEDULER = { nowMs: () => 0, schedule: () => undefined };

function token(maxConnections: number): TunnelToken {
  const parsed = readTunnelToken('secret', { token: 'secret', region: 'eu', enabled: true, maxConnections });
  if (parsed.kind !== 'token') throw new Error(`${parsed.field} ${parsed.reason}`);
  return parsed.token;
}

describe('TenantUse', () => {
  let limits: TunnelToken | undefined;
  let month: MonthGate;
  let use: TenantUse;
  let shared: SharedUse;
  beforeEach(() => {
    limits = token(2);
    month = 'open';
    shared = new SharedUse(SCHEDULER);
    use = new TenantUse(
      () => limits,
      () => month,
      shared,
    );
  });

  it('lets in as many users as the token has connections, and one more when one goes', () => {
    expect([use.enter(), use.enter(), use.enter()]).toEqual([true, true, false]);
    use.leave();
    expect([use.enter(), use.enter(), use.connections]).toEqual([true, false, 2]);
  });

  it('holds the users of two tokens, of which one took the place of the other, to the limit of each together', () => {
    const fresh = new TenantUse(
      () => token(3),
      () => month,
      shared,
    );
    expect([use.enter(), fresh.enter(), use.enter(), fresh.enter(), fresh.enter()]).toEqual([
      true,
      true,
      false,
      true,
      false,
    ]);
    month = 'throttle';
    expect(fresh.bucketFor(undefined)).toBe(use.bucketFor(undefined));
  });

  it('asks for the limits of now each time', () => {
    use.enter();
    use.enter();
    limits = token(3);
    expect([use.enter(), use.enter()]).toEqual([true, false]);
    limits = token(1);
    use.leave();
    expect(use.enter()).toBe(false);
  });

  it.each([0, undefined])('has no limit where the token has %s', (maxConnections) => {
    limits = maxConnections === undefined ? undefined : token(maxConnections);
    for (let count = 0; count < 100; count += 1) expect(use.enter()).toBe(true);
  });

  it('lets nobody in when the month is used up, and counts nobody it has turned away', () => {
    month = 'refuse';
    expect([use.enter(), use.connections, use.admitsDatagrams(), use.admitsRequests()]).toEqual([
      false,
      0,
      false,
      false,
    ]);
    month = 'throttle';
    expect([use.enter(), use.connections, use.admitsDatagrams(), use.admitsRequests()]).toEqual([true, 1, true, true]);
  });

  it('holds all users of a throttled token to 128 KiB a second together, whatever their own rate', () => {
    const own = new TokenBucket(1_000_000, SCHEDULER);
    expect([use.bucketFor(own), use.bucketFor(undefined)]).toEqual([own, undefined]);
    month = 'throttle';
    const slow = use.bucketFor(own);
    expect(slow).not.toBe(own);
    expect(slow?.burstBytes).toBe(131_072);
    expect(use.bucketFor(undefined)).toBe(slow);
    month = 'open';
    expect(use.bucketFor(own)).toBe(own);
  });
});

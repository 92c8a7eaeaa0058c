import { type MessageOf, loginKey } from '@tollgate/frp-wire';
import {
  TenantTokenSource,
  type TenantTokenSourceState,
  type TunnelToken,
  type TunnelTokenChange,
  readTunnelToken,
} from '@tollgate/tunnel-tokens';
import { FailedLogins } from './failed-logins';
import { RunIdHints } from './run-id-hints';
import { TenantLogins } from './tenant-logins';

const NOW_MS = Date.parse('2026-11-23T12:00:00Z');
const SECONDS = NOW_MS / 1_000;
const RUN_ID_KEY = Buffer.alloc(32, 7);

class Source extends TenantTokenSource {
  override readonly tokens = new Map<string, TunnelToken>();
  override status = { state: 'live' as TenantTokenSourceState, sinceMs: 0 };
  private listener: (change: TunnelTokenChange) => void = () => undefined;

  put(value: string, document: Readonly<Record<string, unknown>> = {}): void {
    const whole = { token: value, region: 'eu', enabled: true, ...document };
    const read = readTunnelToken(value, whole);
    if (read.kind !== 'token') throw new Error(read.reason);
    this.tokens.set(value, read.token);
    this.listener({ kind: 'put', token: read.token });
  }

  remove(value: string): void {
    const token = this.tokens.get(value);
    this.tokens.delete(value);
    if (token !== undefined) this.listener({ kind: 'delete', token });
  }

  override start(): Promise<void> {
    return Promise.resolve();
  }

  override onChange(listener: (change: TunnelTokenChange) => void): () => void {
    this.listener = listener;
    return () => undefined;
  }

  override onStatus(): () => void {
    return () => undefined;
  }

  override close(): Promise<void> {
    return Promise.resolve();
  }
}

function loginWith(token: string, fields: Partial<MessageOf<'login'>> = {}): MessageOf<'login'> {
  return {
    type: 'login',
    version: '0.70.1',
    hostname: '',
    os: 'linux',
    arch: 'amd64',
    user: '',
    privilegeKey: loginKey(token, SECONDS),
    timestamp: SECONDS,
    runId: '',
    clientId: '',
    metas: {},
    clientSpec: { type: '', alwaysAuthPass: false },
    poolCount: 1,
    ...fields,
  };
}

describe('TenantLogins', () => {
  let source: Source;
  let logins: TenantLogins;
  beforeEach(() => {
    source = new Source();
    logins = open();
  });

  /** A gateway on the same data folder. */
  function open(): TenantLogins {
    const failures = new FailedLogins({ perAddress: 3, inTotal: 100 }, () => 0);
    return new TenantLogins({ source, region: 'eu', failures, runIdKey: RUN_ID_KEY, wallClockMs: () => NOW_MS });
  }

  /** Has logins that need a search refused from now on, from everywhere. */
  async function exhaust(): Promise<void> {
    for (let i = 0; i < 100; i += 1) await logins.identify(loginWith('wrong'), `203.0.113.${String(i)}`);
    await expect(identify('one', '198.51.100.77')).resolves.toMatchObject({ refusal: 'throttled' });
  }

  const identify = (token: string, address = '192.0.2.1', fields: Partial<MessageOf<'login'>> = {}): Promise<unknown> =>
    logins.identify(loginWith(token, fields), address);

  it('finds the token that a login was made with', async () => {
    for (const value of ['one', 'two', 'three']) source.put(value);
    await expect(identify('two')).resolves.toEqual({ token: expect.objectContaining({ token: 'two' }) });
  });

  it('finds it again by what it knows of the client, and only while the token is there', async () => {
    source.put('one');
    await identify('one', '192.0.2.1', { runId: 'r1' });
    await expect(identify('one', '192.0.2.9', { runId: 'r1' })).resolves.toHaveProperty('token');
    source.remove('one');
    await expect(identify('one', '192.0.2.9', { runId: 'r1' })).resolves.toMatchObject({ refusal: 'unknown' });
  });

  it.each<[string, Partial<MessageOf<'login'>>, string]>([
    ['by its address', {}, '192.0.2.1'],
    ['by its user', { user: 'alice' }, '192.0.2.9'],
    ['by a run id that is none of ours', { runId: 'of-frps' }, '192.0.2.9'],
  ])('knows a client again %s, without a search', async (_how, fields, address) => {
    source.put('one');
    await identify('one', '192.0.2.1', fields);
    await exhaust();
    await expect(identify('one', address, fields)).resolves.toHaveProperty('token');
  });

  it('knows a client again by the run id that it was given, without a search, also after a restart', async () => {
    source.put('one');
    source.put('two');
    const token = source.tokens.get('one');
    const runId = token === undefined ? '' : logins.newRunId(token);
    logins = open();
    await exhaust();
    await expect(identify('one', '192.0.2.9', { runId })).resolves.toHaveProperty('token');
    // It is a hint: what counts is the key.
    await expect(identify('two', '192.0.2.9', { runId })).resolves.toMatchObject({ refusal: 'throttled' });
    await expect(identify('wrong', '192.0.2.9', { runId })).resolves.toMatchObject({ refusal: 'throttled' });
  });

  it('knows tokens by their run ids that came after it did, and none that has gone', async () => {
    source.put('one');
    const runId = new RunIdHints(RUN_ID_KEY).create('one');
    await exhaust();
    await expect(identify('one', '192.0.2.9', { runId })).resolves.toHaveProperty('token');
    source.remove('one');
    await expect(identify('one', '192.0.2.8', { runId })).resolves.toMatchObject({ refusal: 'throttled' });
  });

  it('refuses an unknown token in the words of frps', async () => {
    source.put('one');
    await expect(identify('other')).resolves.toEqual({
      refusal: 'unknown',
      error: "token in login doesn't match token from configuration",
    });
  });

  it.each<[string, Readonly<Record<string, unknown>>, string]>([
    ['of another region', { region: 'us' }, 'region mismatch'],
    ['of another region and disabled', { region: 'us', enabled: false }, 'region mismatch'],
    ['that is disabled', { enabled: false }, 'token disabled'],
    ['whose account is suspended', { suspended: true }, 'token disabled'],
    ['without a region', { region: undefined }, 'token disabled'],
    ['that does not say whether it is enabled', { enabled: undefined }, 'token disabled'],
    ['that has expired', { expiresAt: '2026-11-23T12:00:00Z' }, 'token expired'],
    ['for other addresses', { allowIPs: ['198.51.100.0/24'] }, 'address not allowed'],
  ])('refuses a token %s', async (_what, document, error) => {
    source.put('one', document);
    await expect(identify('one')).resolves.toMatchObject({ error });
  });

  it('admits a token to its last millisecond, and from its addresses', async () => {
    source.put('one', { expiresAt: '2026-11-23T12:00:00.001Z', allowIPs: ['192.0.2.0/24'] });
    await expect(identify('one')).resolves.toHaveProperty('token');
  });

  it.each(['starting', 'unavailable'] as const)('says so while the source is %s', async (state) => {
    source.put('one');
    source.status = { state, sinceMs: 0 };
    await expect(identify('one')).resolves.toMatchObject({ error: 'token source unavailable' });
  });

  it('goes on by what is known while the source is away', async () => {
    source.put('one');
    source.status = { state: 'stale', sinceMs: 0 };
    await expect(identify('one')).resolves.toHaveProperty('token');
  });

  it('searches no more for an address that has failed too often, and admits whom it knows there', async () => {
    source.put('one');
    await identify('one');
    for (let i = 0; i < 3; i += 1) await identify('wrong');
    await expect(identify('wrong')).resolves.toMatchObject({ refusal: 'throttled' });
    await expect(identify('one')).resolves.toHaveProperty('token');
    await expect(identify('wrong', '192.0.2.2')).resolves.toMatchObject({ refusal: 'unknown' });
  });
});

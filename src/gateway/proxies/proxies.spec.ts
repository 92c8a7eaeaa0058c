import type { MessageOf } from '@tollgate/frp-wire';
import { recordingLog } from '@tollgate/testing';
import type { TenantTokenSource, TunnelToken, TunnelTokenChange } from '@tollgate/tunnel-tokens';
import { arrived, ProxyHarness, tunnelToken } from '../../../test/support/proxy-harness';
import { TrafficCounter } from '../traffic/traffic-counter';
import { Proxies, type ProxyType } from './proxies';
import type { Proxy } from './proxy';

const LIMITS = { maxProxiesPerClient: 3, maxProxiesPerToken: 4 };

describe('Proxies', () => {
  let token: TunnelToken;
  let tokens: Map<string, TunnelToken>;
  let harness: ProxyHarness;
  let proxies: Proxies;
  let released: number;
  let change: (change: TunnelTokenChange) => void;

  const type: ProxyType = {
    ports: 1,
    open: ({ message, counter }): Proxy => ({
      name: message.proxyName,
      type: 'tcp',
      portCount: 1,
      remoteAddress: ':6000',
      counter,
      close: () => undefined,
    }),
  };
  const message = (proxyName: string): MessageOf<'newProxy'> => arrived<'newProxy'>({ type: 'newProxy', proxyName });
  const open = async (proxyName: string, { session } = harness): Promise<string> => {
    const answer = await proxies.open(session, message(proxyName));
    return answer.type === 'newProxyResp' ? (answer.error ?? '') : 'no answer';
  };

  beforeEach(() => {
    token = tunnelToken({ maxPorts: 2 });
    tokens = new Map([[token.token, token]]);
    harness = new ProxyHarness(token);
    released = 0;
    proxies = new Proxies({
      runtime: harness.runtime,
      source: { tokens, onChange: (listener: typeof change) => (change = listener) } as unknown as TenantTokenSource,
      types: new Map([['tcp', type]]),
      traffic: {
        counterFor: ({ id }, name) => new TrafficCounter(id, name),
        release: () => {
          released += 1;
        },
        connectionClosed: () => undefined,
        gateOf: () => 'open',
      },
      maxPortsPerClient: 0,
      limits: LIMITS,
      enforceBandwidth: false,
      detailedErrors: true,
      log: recordingLog().log,
    });
  });

  it.each(['', ' ', 'a\tb', 'a\0', 'a\u0085', '\ud800', 'x'.repeat(257)])(
    'refuses the name %j, whose traffic no receiver would take, and keeps nothing of it',
    async (name) => {
      expect(await open(name)).toContain('proxy name must have 1 to 256 characters');
      expect([proxies.count, released]).toEqual([0, 0]);
    },
  );

  it.each(['a', 'Büro 1', 'x'.repeat(256)])('takes the name %j', async (name) => {
    expect(await open(name)).toBe('');
  });

  it('gives names and ports back of clients whose token was given another id while they were online', async () => {
    await open('one');
    await open('two');
    tokens.set(token.token, { ...token, id: 'tt_another' });
    expect(await open('three')).toContain('exceed the max_ports_per_client');
    proxies.close(harness.session, 'one');
    expect([await open('three'), proxies.count]).toEqual(['', 2]);
    tokens.set(token.token, { ...token, id: 'tt_another', maxPorts: 3 });
    expect(await open('two')).toContain('already exists');
    proxies.closeAll(harness.session);
    expect([proxies.count, released, await open('one'), await open('two')]).toEqual([0, 3, '', '']);
  });

  it('counts ports and proxies of a token together with those of the one that a rotation put in its place', async () => {
    const fresh = tunnelToken({ id: 'tt_0000000000000000000009', rootId: token.id, maxPorts: 2 }, 'fresh');
    expect(token.id).toMatch(/^tt_[0-9A-Za-z]{22}$/);
    tokens.set(fresh.token, fresh);
    const other = new ProxyHarness(fresh);
    expect([await open('a'), await open('a', other)]).toEqual(['', '']);
    expect(await open('b', other)).toContain('exceed the max_ports_per_client');
    tokens.delete(token.token);
    expect(await open('b', other)).toContain('exceed the max_ports_per_client');
    proxies.closeAll(harness.session);
    expect([await open('b', other), proxies.useOf(fresh).shared.ports]).toEqual(['', 2]);
  });

  it('forgets what a token used that is no more, once nothing of it is in use', async () => {
    const before = proxies.useOf(token);
    await open('a');
    tokens.delete(token.token);
    change({ kind: 'delete', token });
    proxies.tick();
    expect(proxies.useOf(token)).toBe(before);
    proxies.closeAll(harness.session);
    before.shared.connections = 1;
    proxies.tick();
    expect(proxies.useOf(token)).toBe(before);
    before.shared.connections = 0;
    proxies.tick();
    expect(proxies.useOf(token).shared).not.toBe(before.shared);
  });

  it('forgets a token that was rotated and deleted while the one in its place is in use, and no count of it', async () => {
    const fresh = tunnelToken({ id: 'tt_0000000000000000000009', rootId: token.id }, 'fresh');
    tokens.set(fresh.token, fresh);
    const before = proxies.useOf(token);
    const other = new ProxyHarness(fresh);
    expect(await open('a', other)).toBe('');
    tokens.delete(token.token);
    change({ kind: 'delete', token });
    proxies.tick();
    expect(proxies.useOf(token)).not.toBe(before);
    expect(proxies.useOf(fresh).shared).toBe(before.shared);
    expect(before.shared.proxies).toBe(1);
  });

  it('keeps what a token uses that was deleted and has come back', async () => {
    const before = proxies.useOf(token);
    change({ kind: 'delete', token });
    proxies.tick();
    expect(proxies.useOf(token)).toBe(before);
    tokens.delete(token.token);
    proxies.tick();
    expect(proxies.useOf(token)).toBe(before);
  });

  it('refuses proxies beyond those of a client, and beyond those of all clients of its token, until one is closed', async () => {
    tokens.set(token.token, { ...token, maxPorts: 0 });
    const other = new ProxyHarness(token);
    for (const name of ['a', 'b', 'c']) expect(await open(name)).toBe('');
    expect(await open('d')).toBe('too many proxies');
    expect([await open('d', other), await open('e', other)]).toEqual(['', 'too many proxies']);
    proxies.close(harness.session, 'a');
    expect([await open('e', other), await open('a')]).toEqual(['', 'too many proxies']);
    proxies.setLimits({ ...LIMITS, maxProxiesPerToken: 5 });
    expect(await open('a')).toBe('');
  });

  it('closes the others when one proxy of a client can not be closed, and keeps nothing of it', async () => {
    const fault = new TypeError('broken');
    await open('one');
    await open('two');
    const [first] = harness.session.proxies.values();
    if (first === undefined) throw new Error('there is none');
    first.close = () => {
      throw fault;
    };
    proxies.closeAll(harness.session);
    expect([proxies.count, released, harness.faults]).toEqual([0, 2, [fault]]);
    expect([await open('one'), await open('two')]).toEqual(['', '']);
  });

  it('counts no proxy that could not be opened', async () => {
    jest.spyOn(type, 'open').mockRejectedValueOnce(new TypeError('broken'));
    await expect(proxies.open(harness.session, message('a'))).rejects.toThrow('broken');
    expect([proxies.count, await open('a'), await open('b')]).toEqual([0, '', '']);
  });
});

import { ProxyHarness, tunnelToken } from '../../../test/support/proxy-harness';
import type { Proxy } from '../proxies/proxy';
import { presentClients } from './present-clients';

describe('presentClients', () => {
  it('shows who is connected, whence, and what its proxies have moved, and never the token', () => {
    const token = tunnelToken();
    const harness = new ProxyHarness(token);
    Object.assign(harness.counter, { connections: 2, inBytes: 10, outBytes: 20 });
    const proxy: Proxy = {
      name: 'web',
      type: 'tcp',
      portCount: 1,
      remoteAddress: ':6000',
      counter: harness.counter,
      close: () => undefined,
    };
    harness.session.proxies.set('web', proxy);
    const present = Array.from(presentClients([harness.session], 'gateway-1'));
    expect(present).toStrictEqual([
      {
        tokenId: token.id,
        runId: 'run',
        clientAddress: '192.0.2.9',
        version: '0.70.1',
        gatewayId: 'gateway-1',
        sinceMs: 0,
        proxies: [{ name: 'web', type: 'tcp', remoteAddress: ':6000', connections: 2, inBytes: 10, outBytes: 20 }],
      },
    ]);
    expect(JSON.stringify(present)).not.toContain(token.token);
  });

  it.each([
    ['x'.repeat(256), 'x'.repeat(256)],
    ['x'.repeat(257), `${'x'.repeat(255)}…`],
    [`${'x'.repeat(254)}😀x`, `${'x'.repeat(254)}…`],
  ])('cuts what is too long of what a proxy says: %#', (remoteAddress, shown) => {
    const { session, counter } = new ProxyHarness();
    session.proxies.set('web', {
      name: 'web',
      type: 'http',
      portCount: 0,
      remoteAddress,
      counter,
      close: () => undefined,
    });
    const [client] = presentClients([session], 'gateway-1');
    expect(client?.proxies[0]?.remoteAddress).toBe(shown);
  });
});

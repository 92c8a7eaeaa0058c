import { TurnFlusher } from '@tollgate/stream-kit';
import { record, streamPair } from '@tollgate/testing';
import { ProxyHarness, tunnelToken } from '../../../test/support/proxy-harness';
import { HttpsVhost } from '../vhost/tls/https-vhost';
import { HttpsProxy } from './https-proxy';
import { ProxyRefusedError } from './proxy';

const FROM = { address: '192.0.2.1', port: 40_000, localAddress: '192.0.2.2', localPort: 443 };

describe('HttpsProxy', () => {
  let harness: ProxyHarness;
  let vhost: HttpsVhost;
  beforeEach(() => {
    harness = new ProxyHarness(tunnelToken({ maxConnections: 1 }));
    vhost = new HttpsVhost({ flusher: new TurnFlusher(), now: () => 0 });
  });

  const open = (domains: readonly string[], port = 443): HttpsProxy =>
    new HttpsProxy(harness.context(), vhost, domains, port);

  it('shows its domains, with a port that is not the own one of https', () => {
    expect(open(['a.example', 'b.example']).remoteAddress).toBe('a.example,b.example');
    expect(open(['c.example'], 8_443).remoteAddress).toBe('c.example:8443');
  });

  it('takes all of its domains or none, and gives them back once', () => {
    const first = open(['a.example']);
    expect(() => open(['b.example', 'a.example'])).toThrow(ProxyRefusedError);
    expect(vhost.find('b.example')).toBeUndefined();
    first.close();
    const second = open(['a.example']);
    first.close();
    expect(vhost.find('a.example')).toBe(second);
  });

  it('turns away the user beyond what its token has, and cuts those it has when it closes', async () => {
    const proxy = open(['a.example']);
    const [first, user] = streamPair();
    const [second, other] = streamPair();
    const atUser = record(user);
    const atOther = record(other);
    proxy.open(first, FROM);
    proxy.open(second, FROM);
    await atOther.told('close');
    expect([atUser.events, harness.use.connections, harness.ended]).toEqual([[], 1, 0]);
    proxy.close();
    await atUser.told('close');
    expect([harness.use.connections, harness.ended, harness.session.workPool.waitingCount]).toEqual([0, 1, 0]);
  });
});

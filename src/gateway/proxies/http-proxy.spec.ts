import { EndingRelays, TurnFlusher } from '@tollgate/stream-kit';
import { record } from '@tollgate/testing';
import { ProxyHarness, tunnelToken } from '../../../test/support/proxy-harness';
import { HttpVhost } from '../vhost/http/http-vhost';
import { HttpProxy } from './http-proxy';
import { ProxyRefusedError } from './proxy';

const USER = { address: '192.0.2.1', port: 40_000 };
const MAX_ROUTES = 1_000;

describe('HttpProxy', () => {
  let harness: ProxyHarness;
  let vhost: HttpVhost;
  beforeEach(() => {
    harness = new ProxyHarness(tunnelToken({ maxConnections: 1 }));
    const notFoundPage = Buffer.from('nothing here');
    vhost = new HttpVhost({
      flusher: new TurnFlusher(),
      endings: new EndingRelays(),
      now: () => 0,
      responseHeadMs: 60_000,
      notFoundPage,
    });
  });

  const open = (message: Parameters<ProxyHarness['context']>[0] = {}, domains = ['a.example']): HttpProxy =>
    new HttpProxy(harness.context(message), vhost, domains, 80);

  it('names a domain once for each location', () => {
    expect(open({ locations: ['/a', '/b', '/a'] }, ['a.example', 'b.example']).remoteAddress).toBe(
      'a.example,a.example,b.example,b.example',
    );
  });

  it.each([
    [MAX_ROUTES, false],
    [MAX_ROUTES + 1, true],
  ])('with %d routes is refused: %s', (count, isRefused) => {
    const domains = Array.from({ length: count }, (_, index) => `${String(index)}.example`);
    const act = (): unknown => open({}, domains);
    if (isRefused) expect(act).toThrow(ProxyRefusedError);
    else expect(act).not.toThrow();
  });

  it.each<[string, Parameters<ProxyHarness['context']>[0]]>([
    ['request', { headers: { 'Content-Length': '1' } }],
    ['request', { headers: { 'X-A': 'a\r\nHost: b' } }],
    ['response', { responseHeaders: { 'Transfer-Encoding': 'chunked' } }],
  ])('is refused with a %s header that is nobody to set, and has taken no route', (_what, message) => {
    expect(() => open(message)).toThrow("can't be set");
    expect(() => open()).not.toThrow();
  });

  it('counts its connections to the service until they end, and none of them as a user', async () => {
    const proxy = open();
    const wanted = [proxy.connect(USER), proxy.connect(USER)];
    const clients = wanted.map(() => harness.bring());
    const readers = (await Promise.all(wanted)).map((stream) => record(stream));
    expect([harness.use.connections, harness.counter.connections, harness.ended]).toEqual([0, 2, 0]);
    for (const client of clients) client.destroy();
    await Promise.all(readers.map((reader) => reader.told('close')));
    expect([harness.use.connections, harness.counter.connections, harness.ended]).toEqual([0, 0, 2]);
  });

  it('holds requests to the low rate from the moment on when the month is used up, on connections made before too', () => {
    const proxy = open();
    const renewed = jest.spyOn(vhost, 'renew');
    proxy.next();
    expect(renewed).not.toHaveBeenCalled();
    harness.month = 'throttle';
    proxy.next();
    proxy.next();
    expect(renewed.mock.calls).toEqual([[proxy]]);
    harness.month = 'open';
    proxy.next();
    expect(renewed).toHaveBeenCalledTimes(2);
  });

  it('says so when no work connection comes', async () => {
    const connection = open().connect(USER);
    harness.session.tick(10_000);
    await expect(connection).rejects.toThrow('timeout');
    expect([harness.use.connections, harness.counter.connections]).toEqual([0, 0]);
  });

  it('cuts its connections when it closes, and takes none after', async () => {
    const proxy = open();
    const wanted = proxy.connect(USER);
    harness.bring();
    const reader = record(await wanted);
    proxy.close();
    await reader.told('close');
    await expect(proxy.connect(USER)).rejects.toThrow('closed');
    expect([harness.use.connections, harness.ended]).toEqual([0, 1]);
  });

  it('cuts at once a connection that comes when it has closed', async () => {
    const proxy = open();
    const wanted = proxy.connect(USER);
    proxy.close();
    harness.bring();
    const reader = record(await wanted);
    await reader.told('close');
    expect([harness.use.connections, harness.ended]).toEqual([0, 1]);
  });
});

import { once } from 'node:events';
import { connect } from 'node:net';
import { toPortRanges } from '@tollgate/tunnel-tokens';
import { freePort } from '../../../test/support/free-port';
import { ProxyHarness } from '../../../test/support/proxy-harness';
import { PortBook } from '../ports/port-book';
import { TcpProxy } from './tcp-proxy';
import { UserLinks } from './user-links';

describe('TcpProxy', () => {
  it('loses a user for a fault of ours, and serves the next', async () => {
    const harness = new ProxyHarness();
    const book = new PortBook(() => 0);
    const remotePort = await freePort();
    const allowed = toPortRanges([{ start: remotePort, end: remotePort }]);
    const request = { book, owner: 'tt_1/web', bindAddress: '127.0.0.1', allowed };
    const proxy = await TcpProxy.open(harness.context({ remotePort }), request);
    const fault = new TypeError('broken');
    jest.spyOn(UserLinks.prototype, 'open').mockImplementationOnce(() => {
      throw fault;
    });
    const first = connect(remotePort, '127.0.0.1').on('error', () => undefined);
    await once(first.resume(), 'close');
    expect([harness.faults, harness.use.connections]).toEqual([[fault], 0]);
    const second = connect(remotePort, '127.0.0.1').on('error', () => undefined);
    const closed = once(second.resume(), 'close');
    await once(second, 'connect');
    while (harness.use.connections === 0) await new Promise((resolve) => setImmediate(resolve));
    proxy.close();
    await closed;
    expect([harness.faults.length, harness.use.connections, book.usedCount]).toEqual([1, 0, 0]);
  });
});

import { once } from 'node:events';
import { connect } from 'node:http2';
import { TurnFlusher } from '@tollgate/stream-kit';
import { TestService, VhostHarness, turns, until } from '../../../../test/support/http-vhost';
import { BackendConnection } from './backend-connection';
import type { TargetGate } from './http-target';

const REQUEST = 'GET / HTTP/1.1\r\nHost: example.com\r\n\r\n';
const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

class OneUser implements TargetGate {
  users = 0;
  isOpen = true;

  enter(): boolean {
    if (!this.isOpen || this.users > 0) return false;
    this.users += 1;
    return true;
  }

  leave(): void {
    this.users -= 1;
  }

  admitsRequests(): boolean {
    return this.isOpen;
  }
}

class GatedService extends TestService {
  constructor(readonly gate: TargetGate) {
    super();
  }
}

describe('HttpVhost, with tenants that have limits,', () => {
  let harness: VhostHarness;
  let gate: OneUser;
  let service: GatedService;
  beforeEach(() => {
    harness = new VhostHarness();
    gate = new OneUser();
    service = new GatedService(gate);
    harness.serve(service);
    service.onConnection = (connection) => {
      const { reader } = connection;
      const note = reader.onData.bind(reader);
      reader.onData = (chunk, lease) => {
        note(chunk, lease);
        connection.send(ANSWER);
      };
    };
  });
  afterEach(() => {
    harness.close();
  });

  it('counts users for as long as they are connected, and not the connections on which their requests take turns', async () => {
    const first = await harness.visit();
    first.send(REQUEST);
    await first.got('ok');
    expect([gate.users, harness.vhost.idleConnections(service)]).toEqual([1, 1]);
    const second = await harness.visit();
    second.send(REQUEST);
    await second.got(/^HTTP\/1.1 503 /);
    expect(service.connections).toHaveLength(1);
    first.socket.destroy();
    await until(() => gate.users === 0);
    second.send(REQUEST);
    await second.got('ok');
    expect([gate.users, service.connections.length]).toEqual([1, 1]);
  });

  it('counts a user whose connection was switched to another protocol until that ends', async () => {
    service.onConnection = undefined;
    const user = await harness.visit();
    user.send('GET / HTTP/1.1\r\nHost: example.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    const connection = await service.connection();
    await connection.got('\r\n\r\n');
    connection.send('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello');
    await user.got('hello');
    expect(gate.users).toBe(1);
    connection.stream.destroy();
    await until(() => user.isClosed || user.isEnded);
    user.socket.destroy();
    await until(() => gate.users === 0);
  });

  it('costs a request a fault of ours, and the others nothing', async () => {
    const faults: unknown[] = [];
    harness.close();
    harness = new VhostHarness({ flusher: new TurnFlusher((error) => faults.push(error)) });
    harness.serve(new TestService(), 'broken.com').next = () => {
      throw new TypeError('broken');
    };
    harness.serve(service);
    const [one, other] = [await harness.visit(), await harness.visit()];
    one.send('GET / HTTP/1.1\r\nHost: broken.com\r\n\r\n');
    await until(() => one.isEnded || one.isClosed);
    const session = connect('http://broken.com', { createConnection: () => other.socket });
    const stream = session.request({ ':path': '/' });
    const [error] = (await once(stream, 'error')) as [Error];
    expect(error.message).toContain('NGHTTP2_INTERNAL_ERROR');
    session.destroy();
    jest.spyOn(BackendConnection.prototype, 'begin').mockImplementationOnce(() => {
      throw new TypeError('broken later');
    });
    const later = await harness.visit();
    later.send(REQUEST);
    await until(() => later.isEnded || later.isClosed);
    expect(faults).toEqual([new TypeError('broken'), new TypeError('broken'), new TypeError('broken later')]);
    const third = await harness.visit();
    third.send(REQUEST);
    await third.got('ok');
  });

  it('serves no further request of a user who is there when the gate closes', async () => {
    const user = await harness.visit();
    user.send(REQUEST);
    await user.got('ok');
    gate.isOpen = false;
    user.send(REQUEST);
    await user.got('HTTP/1.1 503 ');
    expect(service.connections).toHaveLength(1);
    gate.isOpen = true;
    user.text = '';
    user.send(REQUEST);
    await user.got('ok');
  });

  it('keeps no connection to a service beyond a change of what it is held to, whether it is idle or in use', async () => {
    const user = await harness.visit();
    user.send(REQUEST);
    await user.got('ok');
    harness.vhost.renew(service);
    expect(harness.vhost.idleConnections(service)).toBe(0);
    service.onConnection = undefined;
    user.text = '';
    user.send(REQUEST);
    const inUse = await service.connection(1);
    await inUse.got('\r\n\r\n');
    harness.vhost.renew(service);
    inUse.send(ANSWER);
    await user.got('ok');
    await until(() => inUse.isClosed);
    expect(harness.vhost.idleConnections(service)).toBe(0);
  });

  it('ends what has no request under way when it is to end soon, and answers the others first', async () => {
    const open = new TestService();
    harness.serve(open, 'other.com');
    const idle = await harness.visit();
    idle.send(REQUEST);
    await idle.got('ok');
    const busy = await harness.visit();
    busy.send('GET / HTTP/1.1\r\nHost: other.com\r\n\r\n');
    const connection = await open.connection();
    await connection.got('\r\n\r\n');
    harness.vhost.leaveSoon();
    await until(() => idle.isEnded && service.connections[0]?.isClosed === true);
    await turns();
    expect([busy.isEnded, connection.isClosed]).toEqual([false, false]);
    connection.send(ANSWER);
    await busy.got('ok');
    expect(busy.text).toContain('Connection: close');
    await until(() => busy.isEnded && connection.isClosed);
    idle.socket.destroy();
    await until(() => gate.users === 0);
  });
});

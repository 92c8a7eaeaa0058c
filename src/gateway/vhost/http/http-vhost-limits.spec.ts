import { TestService, VhostHarness, turns, until } from '../../../../test/support/http-vhost';
import { VHOST_LIMITS } from '../limits';

describe('HttpVhost, which bounds everything,', () => {
  let harness: VhostHarness;
  beforeEach(() => {
    harness = new VhostHarness();
  });
  afterEach(() => {
    harness.close();
  });

  it('ends connections that are silent: before a head, within one, and between two', async () => {
    harness.serve(new TestService());
    const silent = await harness.visit();
    const halfSent = await harness.visit();
    halfSent.send('GET / HTTP/1.1\r\n');
    const idle = await harness.visit();
    idle.send('GET / HTTP/1.1\r\nHost: other.org\r\n\r\n');
    await idle.got('404');
    await until(() => harness.vhost.connectionCount === 3);
    await turns();
    harness.pass(VHOST_LIMITS.requestHeadMs);
    await until(() => silent.isEnded && halfSent.isEnded);
    expect(idle.isEnded).toBe(false);
    harness.pass(VHOST_LIMITS.userIdleMs - VHOST_LIMITS.requestHeadMs);
    await until(() => idle.isEnded);
    harness.pass(VHOST_LIMITS.lingerMs);
    await until(() => harness.vhost.connectionCount === 0);
  });

  it('cuts both sides when a body stands still for five minutes', async () => {
    const service = harness.serve(new TestService());
    const user = await harness.visit();
    user.send('PUT / HTTP/1.1\r\nHost: example.com\r\nContent-Length: 10\r\n\r\n12345');
    const connection = await service.connection();
    await connection.got('12345');
    harness.pass(1_000);
    harness.pass(VHOST_LIMITS.stallMs - 1_000);
    user.send('6');
    await connection.got('123456');
    harness.pass(VHOST_LIMITS.stallMs - 1_000);
    expect(connection.isClosed).toBe(false);
    harness.pass(2_000);
    await until(() => user.isEnded && connection.isClosed);
  });

  it('asks no service for more than it should have under way', async () => {
    const service = harness.serve(new TestService());
    harness.vhost.poolOf(service).active = VHOST_LIMITS.maxTargetRequests - 1;
    const [first, second] = [await harness.visit(), await harness.visit()];
    first.send('GET / HTTP/1.1\r\nHost: example.com\r\n\r\n');
    const connection = await service.connection();
    await connection.got('\r\n\r\n');
    second.send('GET / HTTP/1.1\r\nHost: example.com\r\n\r\n');
    await second.got(/^HTTP\/1.1 503 /);
    first.socket.destroy();
    await until(() => connection.isClosed);
    second.send('GET / HTTP/1.1\r\nHost: example.com\r\n\r\n');
    await service.connection(1);
  });

  it('closes unheard who comes beyond the connections that there may be', async () => {
    harness.close();
    harness = new VhostHarness({ maxUserConnections: 2 });
    const users = [await harness.visit(), await harness.visit(), await harness.visit()];
    await until(() => users[2]?.isEnded === true);
    expect(harness.vhost.refusedCount).toBe(1);
    users[0]?.socket.destroy();
    await until(() => harness.vhost.connectionCount === 1);
    users[1]?.send('GET / HTTP/1.1\r\nHost: other.org\r\n\r\n');
    await users[1]?.got('404');
  });

  it('keeps the connection of a user whose small body was not asked for, and ends it after a large one', async () => {
    const user = await harness.visit();
    user.send('POST / HTTP/1.1\r\nHost: other.org\r\nContent-Length: 4\r\n\r\n');
    await user.got('404');
    user.send('bodyGET / HTTP/1.1\r\nHost: third.org\r\n\r\n');
    await until(() => user.text.match(/404 Not Found\r\n/g)?.length === 2);
    user.send('POST / HTTP/1.1\r\nHost: other.org\r\nContent-Length: 100000\r\n\r\n');
    await user.got('\r\nConnection: close\r\n');
    await until(() => user.isEnded);
  });

  it('holds a user back who sends requests ahead and reads no answers', async () => {
    const user = await harness.visit();
    user.socket.pause();
    harness.vhost.setNotFoundPage(Buffer.alloc(100_000));
    const request = 'GET / HTTP/1.1\r\nHost: other.org\r\n\r\n';
    for (let sent = 0; sent < 1_000; sent += 1) user.send(request.repeat(1_000));
    await turns(500);
    expect(user.socket.writableLength).toBeGreaterThan(1_000_000);
  });
});

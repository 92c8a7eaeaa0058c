import { type Server, createServer } from 'node:http';
import { type AddressInfo, type Socket, connect } from 'node:net';
import { BodyDeadline, postponeBodyDeadline } from './body-deadline';

const TIMEOUT_MS = 10_000;

describe('the deadline of a body', () => {
  const deadline = new BodyDeadline(TIMEOUT_MS);
  let server: Server;
  let client: Socket;
  let received = '';
  let beganMs = 0;
  /** What is done with the next request. */
  let handle: Parameters<typeof createServer>[1];

  beforeEach(async () => {
    received = '';
    server = createServer((request, response) => {
      beganMs = request.startedMs = performance.now();
      request.socket.lastResponse = response;
      request.on('error', () => undefined).resume();
      handle?.(request, response);
    });
    deadline.guard(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    client.on('error', () => undefined);
    client.on('data', (chunk) => (received += chunk.toString()));
  });
  afterEach(async () => {
    client.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const ask = async (body: string): Promise<void> => {
    const asked = new Promise<void>((resolve) =>
      server.once('request', () => {
        setImmediate(resolve);
      }),
    );
    client.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n${body}`);
    await asked;
  };
  const closed = async (): Promise<void> =>
    new Promise((resolve) =>
      client.once('close', () => {
        resolve();
      }),
    );

  it('ends a request whose body has not come by then with 408, and not a moment before', async () => {
    handle = () => undefined;
    await ask('abc');
    deadline.sweep(beganMs + TIMEOUT_MS - 1);
    expect(client.destroyed).toBe(false);
    deadline.sweep(beganMs + TIMEOUT_MS);
    await closed();
    expect(received).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n[^]*"error":"request timed out"/);
  });

  it('is none for a request that has come, however long its answer takes', async () => {
    handle = (_request, response) => setTimeout(() => response.end('late'), 50);
    await ask('abcd');
    deadline.sweep(beganMs + 100 * TIMEOUT_MS);
    await new Promise((resolve) => client.once('data', resolve));
    expect(received).toMatch(/^HTTP\/1\.1 200 OK/);
  });

  it('is another one where the route says so', async () => {
    handle = (request) => {
      postponeBodyDeadline(request, 100 * TIMEOUT_MS);
    };
    await ask('abc');
    deadline.sweep(beganMs + 99 * TIMEOUT_MS);
    expect(client.destroyed).toBe(false);
    deadline.sweep(beganMs + 101 * TIMEOUT_MS);
    await closed();
  });

  it('adds no second answer to one that was given', async () => {
    handle = (_request, response) => response.end('early');
    await ask('abc');
    deadline.sweep(beganMs + TIMEOUT_MS);
    await closed();
    expect(received.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });
});

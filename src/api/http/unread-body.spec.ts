import type { IncomingMessage } from 'node:http';
import { type AddressInfo, type Socket, connect } from 'node:net';
import fastify, { type FastifyInstance } from 'fastify';
import { BodyDeadline, DEADLINE_CHECK_MS } from './body-deadline';
import { UNREAD_BODY, useUnreadBodies } from './unread-body';

const MIB = 1_048_576;
const TIMEOUT_MS = 600_000;

describe('a long body that nobody reads, and whose answer has nothing to be held open with', () => {
  const deadline = new BodyDeadline(TIMEOUT_MS);
  let app: FastifyInstance;
  let connection: Socket;
  let incoming: IncomingMessage;

  beforeEach(async () => {
    app = fastify();
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', (_request, _payload, done) => {
      done(null);
    });
    app.server.prependListener('request', (request, response) => {
      incoming = request;
      connection = request.socket;
      request.startedMs = performance.now();
      request.socket.lastResponse = response;
    });
    deadline.guard(app.server);
    useUnreadBodies(app, () => 0);
    app.options('/', (_request, reply) => reply.code(204).send());
    app.post('/nothing', (_request, reply) => reply.code(201).send());
    app.post('/empty', (_request, reply) => reply.send(''));
    app.post('/bytes', (_request, reply) => reply.send(Buffer.from('bytes')));
    app.head('/', (_request, reply) => reply.header('content-length', '4').send('text'));
    await app.listen({ port: 0, host: '127.0.0.1' });
  });
  afterEach(async () => {
    app.server.closeAllConnections();
    await app.close();
  });

  it.each([
    ['OPTIONS /', 204],
    ['POST /nothing', 201],
    ['POST /empty', 200],
    ['POST /bytes', 200],
    ['HEAD /', 200],
  ])('is read a little, and then cut: %s', async (line, status) => {
    const client = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
    client.on('error', () => undefined);
    const answered = new Promise<string>((resolve) =>
      client.once('data', (chunk) => {
        resolve(chunk.toString());
      }),
    );
    const closed = new Promise((resolve) => client.once('close', resolve));
    client.write(`${line} HTTP/1.1\r\nHost: a\r\nContent-Length: ${String(64 * MIB)}\r\n\r\n`);
    expect(await answered).toContain(`HTTP/1.1 ${String(status)} `);
    const paused = new Promise((resolve) => incoming.once('pause', resolve));
    client.write(Buffer.alloc(64 * MIB));
    await paused;
    expect(connection.bytesRead).toBeLessThan(2 * UNREAD_BODY.lingerBytes);
    deadline.sweep(performance.now() + UNREAD_BODY.lingerMs + DEADLINE_CHECK_MS);
    await closed;
    expect(connection.bytesRead).toBeLessThan(2 * UNREAD_BODY.lingerBytes);
  });

  it('is waited for no longer than that either when it does not come', async () => {
    const client = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
    client.on('error', () => undefined);
    const closed = new Promise((resolve) => client.once('close', resolve));
    client.write(`OPTIONS / HTTP/1.1\r\nHost: a\r\nContent-Length: ${String(64 * MIB)}\r\n\r\n`);
    await new Promise((resolve) => client.once('data', resolve));
    deadline.sweep(performance.now() + UNREAD_BODY.lingerMs - DEADLINE_CHECK_MS);
    expect(client.destroyed).toBe(false);
    deadline.sweep(performance.now() + UNREAD_BODY.lingerMs);
    await closed;
  });
});

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, type Socket, createServer } from 'node:net';
import { Readable } from 'node:stream';
import { patternOf } from './pattern';

/** What a user begins with: how many bytes go each way, and whether the service closes when it has sent and got them. */
export const REQUEST_BYTES = 5;
export const DIGEST_BYTES = 32;

/** A local service behind a tcp proxy. */
export interface ExchangeService {
  readonly port: number;
  /** Users that are connected now. */
  readonly users: () => number;
  stop(): Promise<void>;
}

/** Sends each user as many bytes as the user sends, at the same time, and then the SHA-256 of what it got. */
export async function startExchangeService(): Promise<ExchangeService> {
  const users = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    users.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => users.delete(socket));
    serve(socket);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    users: () => users.size,
    stop: async () => {
      for (const socket of users) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function serve(socket: Socket): void {
  const hash = createHash('sha256');
  let request = Buffer.alloc(0);
  let wanted = 0;
  let received = 0;
  let hasSent = Promise.resolve();
  socket.on('data', (chunk) => {
    let bytes = chunk;
    if (request.length < REQUEST_BYTES) {
      const missing = REQUEST_BYTES - request.length;
      request = Buffer.concat([request, chunk.subarray(0, missing)]);
      if (request.length < REQUEST_BYTES) return;
      bytes = chunk.subarray(missing);
      wanted = request.readUInt32BE(0);
      hasSent = send(socket, wanted);
    }
    hash.update(bytes);
    received += bytes.length;
    if (received !== wanted) return;
    void hasSent.then(() => {
      socket.write(hash.digest());
      if (request[4] === 1) socket.end();
    });
  });
}

async function send(socket: Socket, bytes: number): Promise<void> {
  const source = Readable.from(patternOf('service', bytes), { objectMode: false, highWaterMark: 65_536 });
  source.pipe(socket, { end: false });
  await once(source, 'end');
}

import { once } from 'node:events';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';

const BLOCK = Buffer.alloc(65_536, 'bytes that flow ');

/** A service on the loopback, and who is connected to it. */
export interface LocalEnd {
  readonly port: number;
  readonly sockets: ReadonlySet<Socket>;
  stop(): Promise<void>;
}

/** @param serve what is done with each connection */
export async function startLocalEnd(serve: (socket: Socket) => void): Promise<LocalEnd> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
    serve(socket);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    sockets,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Writes for as long as it is taken. */
export function pour(socket: Socket): void {
  const more = (): void => {
    while (!socket.destroyed && socket.write(BLOCK)) {
      // Until it is full.
    }
  };
  socket.on('drain', more);
  more();
}

/** Reads nothing at all. */
export function freeze(socket: Socket): void {
  socket.pause();
}

/** Sends everything back. */
export function echo(socket: Socket): void {
  socket.pipe(socket);
}

/** Answers any request with a body that does not end. */
export function pourHttp(socket: Socket): void {
  socket.once('data', () => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n');
    pour(socket);
  });
}

/** Connects as a user. */
export async function newUser(port: number, says?: string): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  if (says !== undefined) socket.write(says);
  return socket;
}

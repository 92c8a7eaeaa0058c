import { once } from 'node:events';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
import { type TLSSocket, connect as connectTls, createServer as createTlsServer } from 'node:tls';

const PSK = { identity: 'test', psk: Buffer.alloc(16, 7) };
/** With a shared key instead of certificates, which tests would have to make. */
const PSK_OPTIONS = { ciphers: 'PSK-AES128-GCM-SHA256', maxVersion: 'TLSv1.2' } as const;

/** A connection over the loopback interface. */
export interface SocketPair {
  readonly kind: 'net' | 'tls';
  readonly accepted: Socket;
  readonly connected: Socket;
  /** The TCP connection beneath `connected`, or that itself. */
  readonly transport: Socket;
}

/** Connects a plain socket, or one with TLS, to a server that is gone when this resolves. Both ends may end one direction alone. */
export async function socketPair(kind: SocketPair['kind']): Promise<SocketPair> {
  return kind === 'net' ? plainPair() : tlsPair();
}

async function plainPair(): Promise<SocketPair> {
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const connected = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  const [[accepted]] = (await Promise.all([once(server, 'connection'), once(connected, 'connect')])) as [
    [Socket],
    unknown,
  ];
  server.close();
  return { kind: 'net', accepted, connected, transport: connected };
}

async function tlsPair(): Promise<SocketPair> {
  const server = createTlsServer({ ...PSK_OPTIONS, pskCallback: () => PSK.psk, allowHalfOpen: true });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const transport = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  const connected = connectTls({
    ...PSK_OPTIONS,
    socket: transport,
    pskCallback: () => PSK,
    checkServerIdentity: () => undefined,
  });
  const both = Promise.all([once(server, 'secureConnection'), once(connected, 'secureConnect')]);
  const [[accepted]] = (await both) as [[TLSSocket], unknown];
  server.close();
  return { kind: 'tls', accepted, connected, transport };
}

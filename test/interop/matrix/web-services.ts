import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type Agent, type IncomingMessage, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TLSSocket, connect, createServer as createTlsServer } from 'node:tls';

export interface WebService {
  readonly port: number;
  stop(): Promise<void>;
}

export interface WebAnswer {
  readonly status: number;
  readonly body: string;
}

/** A local service behind an http proxy: it answers with the method, the host and the SHA-256 of the body. */
export async function startHttpService(): Promise<WebService> {
  const server = createServer((incoming, response) => {
    const hash = createHash('sha256');
    incoming.on('data', (chunk: Buffer) => hash.update(chunk));
    incoming.on('end', () => {
      response.end(`${String(incoming.method)} ${String(incoming.headers.host)} ${hash.digest('hex')}`);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Asks for a virtual host. */
export async function askHttp(port: number, host: string, agent: Agent, body: Buffer): Promise<WebAnswer> {
  const outgoing = request({ port, host: '127.0.0.1', agent, method: 'POST', headers: { host } });
  outgoing.end(body);
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return { status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString() };
}

/** With a shared key instead of certificates, which tests would have to make. */
const PSK = { identity: 'test', psk: Buffer.alloc(16, 7) };
const PSK_OPTIONS = { ciphers: 'PSK-AES128-GCM-SHA256', maxVersion: 'TLSv1.2' } as const;

/** A local service behind an https proxy: it sends back what it gets, inside TLS of its own. */
export async function startTlsEcho(): Promise<WebService> {
  const sockets = new Set<TLSSocket>();
  const server = createTlsServer({ ...PSK_OPTIONS, pskCallback: () => PSK.psk }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
    socket.pipe(socket);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Sends bytes to the TLS service of a host and returns as many of what comes back. Rejects when there is no such host. */
export async function echoedByTls(port: number, servername: string, sent: Buffer): Promise<Buffer> {
  const socket = connect({
    ...PSK_OPTIONS,
    port,
    host: '127.0.0.1',
    servername,
    pskCallback: () => PSK,
    checkServerIdentity: () => undefined,
  });
  try {
    await once(socket, 'secureConnect');
    socket.write(sent);
    const chunks: Buffer[] = [];
    for (let received = 0; received < sent.length;) {
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      chunks.push(chunk);
      received += chunk.length;
    }
    return Buffer.concat(chunks);
  } finally {
    socket.destroy();
  }
}

import { once } from 'node:events';
import { type Socket, connect as connectTcp } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { type ByteStream, SocketStream, type TurnFlusher } from '@tollgate/stream-kit';
import { WebSocket, createWebSocketStream } from 'ws';
import type { FrpClientOptions } from './options';

/** frp's own sign that TLS follows (frp `pkg/util/net/tls.go`, FRPTLSHeadByte). */
const TLS_FOLLOWS = Buffer.of(0x17);
/** frp `pkg/util/net/websocket.go`, FrpWebsocketPath. */
const WEBSOCKET_PATH = '/~!frp';
const LOOPBACK = '127.0.0.1';

/** Connects once, and wraps the connection up as told. Rejects when that does not work. */
export async function dial(options: FrpClientOptions, flusher: TurnFlusher): Promise<ByteStream> {
  const { transport = 'tcp', tls = 'on' } = options;
  const outer = transport === 'tcp' ? await openTcp(options) : await openWebSocket(options);
  // What carries it passes its errors on; once it is closed it may have some of its own.
  outer.on('error', () => undefined);
  if (transport === 'wss' || tls === 'off') return new SocketStream(outer, { flusher });
  if (tls === 'prefixed') outer.write(TLS_FOLLOWS);
  const secure = connectTls({
    socket: outer,
    // As frpc without trustedCaFile: the certificate is one that the server made for itself.
    rejectUnauthorized: false,
    ...(options.serverName !== undefined && { servername: options.serverName }),
  });
  await once(secure, 'secureConnect');
  return new SocketStream(secure, { flusher });
}

async function openTcp({ host = LOOPBACK, port, from }: FrpClientOptions): Promise<Socket> {
  const localAddress = from === undefined ? {} : { localAddress: from };
  const socket = connectTcp({ host, port, allowHalfOpen: true, noDelay: true, ...localAddress });
  await once(socket, 'connect');
  return socket;
}

async function openWebSocket(options: FrpClientOptions): Promise<Duplex> {
  const { host = LOOPBACK, port, transport, sendsTextFrames = false } = options;
  const scheme = transport === 'wss' ? 'wss' : 'ws';
  const websocket = new WebSocket(`${scheme}://${host}:${String(port)}${WEBSOCKET_PATH}`, {
    origin: `http://${host}:${String(port)}`,
    perMessageDeflate: false,
    rejectUnauthorized: false,
  });
  const stream = createWebSocketStream(websocket, { allowHalfOpen: true });
  if (sendsTextFrames) {
    const send = websocket.send.bind(websocket);
    websocket.send = (data: Buffer, done: unknown) => {
      send(data, { binary: false }, done as (error?: Error) => void);
    };
  }
  stream.on('error', () => undefined);
  await once(websocket, 'open');
  // What SocketStream asks of a socket, and a WebSocket has none of.
  return Object.assign(stream, { setNoDelay: () => stream });
}

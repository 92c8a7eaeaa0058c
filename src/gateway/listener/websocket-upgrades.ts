import { type IncomingMessage, type Server, createServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, createWebSocketStream } from 'ws';

/** frp's path (frp `pkg/util/net/websocket.go`, FrpWebsocketPath). */
const WEBSOCKET_PATH = '/~!frp';
/** Largest frame. frpc makes one of each write: at most what a yamux window allows, 6 MiB, and TLS around it. */
const MAX_FRAME_BYTES = 8_388_608;
const MAX_HEADER_BYTES = 8_192;
/** Who has pings answered and leaves so much unread is not reading, in bytes. */
const MAX_UNREAD_BYTES = 1_048_576;
const BAD_REQUEST = 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';
const NOT_FOUND = 'HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';

/** Makes streams of bytes of connections that ask for frp's WebSocket. */
export class WebSocketUpgrades {
  private readonly waiting = new WeakMap<Duplex, (stream: Duplex) => void>();
  private readonly server: Server;
  private readonly websockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
    autoPong: false,
    // frpc before 0.70 sends any bytes at all in text frames.
    skipUTF8Validation: true,
  });

  constructor() {
    this.server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, (_request, response) => {
      response.writeHead(404, { connection: 'close' }).end();
    });
    this.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.upgrade(request, socket, head);
    });
    this.server.on('clientError', (_error, socket) => {
      if (socket.writable) socket.end(BAD_REQUEST);
      else socket.destroy();
    });
  }

  /**
   * Has a connection upgraded whose request is still to be read.
   * @param done called with its bytes, when the request was good; the connection is closed otherwise
   */
  accept(socket: Duplex, done: (stream: Duplex) => void): void {
    this.waiting.set(socket, done);
    this.server.emit('connection', socket);
    // It was paused to be looked at.
    socket.resume();
  }

  private upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const done = this.waiting.get(socket);
    if (done === undefined || request.url !== WEBSOCKET_PATH) {
      socket.end(NOT_FOUND);
      return;
    }
    this.waiting.delete(socket);
    this.websockets.handleUpgrade(request, socket, head, (websocket) => {
      websocket.on('ping', (content) => {
        if (websocket.bufferedAmount > MAX_UNREAD_BYTES) websocket.terminate();
        else websocket.pong(content);
      });
      done(createWebSocketStream(websocket, { allowHalfOpen: true }));
    });
  }
}

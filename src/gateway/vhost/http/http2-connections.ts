import {
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  constants,
  createServer,
} from 'node:http2';
import type { Socket } from 'node:net';
import { plainAddress } from '../../listener/client-connection';
import { VHOST_LIMITS } from '../limits';
import type { ExchangeContext } from './exchange-user';
import { Http2User } from './http2-user';
import { UserVisits } from './user-visits';

/** What is known of one connection. */
interface Connection {
  readonly users: Set<Http2User>;
  /** Since when it has no request, in monotone milliseconds. */
  idleSinceMs: number;
}

/** The connections of users who speak HTTP/2 in the clear from their first byte on (RFC 9113, section 3.3). */
export class Http2Connections {
  private readonly server: Http2Server;
  private readonly connections = new Map<ServerHttp2Session, Connection>();
  private readonly sockets = new Set<Socket>();

  constructor(private readonly context: ExchangeContext) {
    this.server = createServer({
      maxHeaderListPairs: VHOST_LIMITS.maxFields,
      settings: {
        maxConcurrentStreams: VHOST_LIMITS.maxHttp2Streams,
        maxHeaderListSize: VHOST_LIMITS.maxHeadBytes,
        enablePush: false,
      },
    });
    this.server.on('session', (session) => {
      this.accept(session);
    });
    this.server.on('sessionError', ignore);
  }

  get count(): number {
    return this.connections.size;
  }

  /** @param socket is its own from now on, with all that has come still to be read */
  take(socket: Socket): void {
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
    this.server.emit('connection', socket);
  }

  tick(nowMs: number): void {
    for (const [session, { users, idleSinceMs }] of this.connections) {
      for (const user of users) user.tick(nowMs);
      if (users.size > 0) continue;
      const idleForMs = nowMs - idleSinceMs;
      // Whoever doesn't go when told to is cut.
      if (idleForMs >= VHOST_LIMITS.userIdleMs + VHOST_LIMITS.lingerMs) session.destroy();
      else if (idleForMs >= VHOST_LIMITS.userIdleMs && !session.closed) session.close();
    }
  }

  /** No requests any more but those that are under way. */
  leaveSoon(): void {
    for (const session of this.connections.keys()) if (!session.closed) session.close();
  }

  /**
   * By their sockets: a session that is destroyed calls its writes done while the socket is still sending from their memory, which is
   * lent to others by then (seen with Node 20 and 24).
   */
  close(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  private accept(session: ServerHttp2Session): void {
    const { context } = this;
    const { remoteAddress, remotePort = 0 } = session.socket;
    const peer = { address: plainAddress(remoteAddress), port: remotePort };
    const connection: Connection = { users: new Set(), idleSinceMs: context.now() };
    const visits = new UserVisits();
    this.connections.set(session, connection);
    session.on('error', ignore);
    session.once('close', () => {
      this.connections.delete(session);
      visits.leave();
    });
    session.on(
      'stream',
      (stream: ServerHttp2Stream, _headers: IncomingHttpHeaders, flags: number, raw: readonly string[]) => {
        const user = new Http2User(stream, context, peer, visits);
        connection.users.add(user);
        stream.once('close', () => {
          connection.users.delete(user);
          connection.idleSinceMs = context.now();
        });
        user.start(raw, (flags & constants.NGHTTP2_FLAG_END_STREAM) === 0);
      },
    );
  }
}

function ignore(): void {
  // What goes wrong with a connection ends in its close, which is listened to.
}

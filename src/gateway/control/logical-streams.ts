import { type MessageOf, type RandomBytes, type WireCodec, errorTexts } from '@tollgate/frp-wire';
import type { ByteStream } from '@tollgate/stream-kit';
import type { GatewayConnection } from '../listener/client-transports';
import type { Ticking } from '../ticker';
import { Opening, type OpenedStream, type OpeningOwner } from './opening';
import { refuseStream } from './refused-stream';

/** What the first message of a logical stream can make of it. */
export interface StreamRoles {
  login(opened: OpenedStream, login: MessageOf<'login'>, connection: GatewayConnection): void;
  /** @returns why it is refused; frpc is told. A promise rejects when nobody can say */
  workConnection(
    opened: OpenedStream,
    message: MessageOf<'newWorkConn'>,
    connection: GatewayConnection,
  ): string | undefined | Promise<string | undefined>;
}

export interface LogicalStreamsOptions {
  readonly randomBytes: RandomBytes;
  readonly roles: StreamRoles;
  /** How long the first message may take, in milliseconds. */
  readonly openingMs: number;
  readonly nowMs: () => number;
}

/** Streams of one client whose first message is awaited; further ones are reset. frpc opens 256 at once at most. */
const MAX_OPENINGS = 1_024;
/** Streams in all before a client has logged in, which takes one: so many logins it may try, too. Further ones are reset. */
const MAX_STRANGER_STREAMS = 4;

/** Finds out what logical streams are for, and hands them on (frp `server/service.go`, handleConnection). */
export class LogicalStreams implements OpeningOwner, Ticking {
  readonly randomBytes: RandomBytes;
  private readonly openings = new Map<Opening, GatewayConnection>();
  private openingMs: number;

  constructor(private readonly options: LogicalStreamsOptions) {
    this.randomBytes = options.randomBytes;
    this.openingMs = options.openingMs;
  }

  /** For streams that come from now on. @param openingMs as among the options */
  setOpeningMs(openingMs: number): void {
    this.openingMs = openingMs;
  }

  accept(stream: ByteStream, connection: GatewayConnection): void {
    // For each connection by itself, so that nobody takes the room of others.
    if (
      connection.isProved ? connection.openings >= MAX_OPENINGS : connection.strangerStreams >= MAX_STRANGER_STREAMS
    ) {
      stream.destroy();
      return;
    }
    const opening = new Opening(stream, this, this.options.nowMs() + this.openingMs);
    connection.openings += 1;
    if (!connection.isProved) connection.strangerStreams += 1;
    this.openings.set(opening, connection);
    stream.attach(opening);
  }

  opened(opening: Opening, opened: OpenedStream): void {
    const connection = this.forget(opening);
    if (connection === undefined) return;
    const { stream, message, codec } = opened;
    const { roles } = this.options;
    switch (message.type) {
      case 'login':
        roles.login(opened, message, connection);
        return;
      case 'newWorkConn': {
        const answer = (error: string | undefined): void => {
          if (error !== undefined) refuseStream(stream, codec.encode({ type: 'startWorkConn', error }));
        };
        const error = roles.workConnection(opened, message, connection);
        if (error instanceof Promise) {
          error.then(answer, () => {
            stream.destroy();
          });
        } else answer(error);
        return;
      }
      case 'newVisitorConn':
        refuseStream(stream, visitorRefusal(codec, message));
        return;
      default:
        stream.destroy();
    }
  }

  failed(opening: Opening): void {
    this.forget(opening);
  }

  tick(nowMs: number): void {
    for (const opening of this.openings.keys()) {
      if (opening.deadlineMs <= nowMs) opening.cut();
    }
  }

  private forget(opening: Opening): GatewayConnection | undefined {
    const connection = this.openings.get(opening);
    if (connection === undefined) return undefined;
    this.openings.delete(opening);
    connection.openings -= 1;
    return connection;
  }
}

/** Proxies for visitors (stcp, sudp, xtcp) are not served yet, so that none is ever there. */
function visitorRefusal(codec: WireCodec, { proxyName }: MessageOf<'newVisitorConn'>): Buffer {
  return codec.encode({ type: 'newVisitorConnResp', proxyName, error: errorTexts.visitorNoListener(proxyName) });
}

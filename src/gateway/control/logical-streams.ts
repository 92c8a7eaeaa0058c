import { type MessageOf, type RandomBytes, type WireCodec, errorTexts } from '@tollgate/frp-wire';
import type { ByteStream } from '@tollgate/stream-kit';
import type { GatewayConnection } from '../listener/client-transports';
import type { Ticking } from '../ticker';
import { Opening, type OpenedStream, type OpeningOwner } from './opening';

/** What the first message of a logical stream can make of it. */
export interface StreamRoles {
  login(opened: OpenedStream, login: MessageOf<'login'>, connection: GatewayConnection): void;
  /** @returns why it is refused; frpc is told */
  workConnection(
    stream: ByteStream,
    message: MessageOf<'newWorkConn'>,
    connection: GatewayConnection,
  ): string | undefined;
}

export interface LogicalStreamsOptions {
  readonly randomBytes: RandomBytes;
  readonly roles: StreamRoles;
  /** How long the first message may take, in milliseconds. */
  readonly openingMs: number;
  /** Streams whose first message is awaited; further ones are cut. */
  readonly maxOpenings: number;
  readonly nowMs: () => number;
}

/** Finds out what logical streams are for, and hands them on (frp `server/service.go`, handleConnection). */
export class LogicalStreams implements OpeningOwner, Ticking {
  readonly randomBytes: RandomBytes;
  private readonly openings = new Map<Opening, GatewayConnection>();

  constructor(private readonly options: LogicalStreamsOptions) {
    this.randomBytes = options.randomBytes;
  }

  get openingCount(): number {
    return this.openings.size;
  }

  accept(stream: ByteStream, connection: GatewayConnection): void {
    const { maxOpenings, nowMs, openingMs } = this.options;
    if (this.openings.size >= maxOpenings) {
      stream.destroy();
      return;
    }
    const opening = new Opening(stream, this, nowMs() + openingMs);
    this.openings.set(opening, connection);
    stream.attach(opening);
  }

  opened(opening: Opening, opened: OpenedStream): void {
    const connection = this.openings.get(opening);
    this.openings.delete(opening);
    if (connection === undefined) return;
    const { stream, message, codec } = opened;
    const { roles } = this.options;
    switch (message.type) {
      case 'login':
        roles.login(opened, message, connection);
        return;
      case 'newWorkConn': {
        const error = roles.workConnection(stream, message, connection);
        if (error !== undefined) refuse(stream, codec.encode({ type: 'startWorkConn', error }));
        return;
      }
      case 'newVisitorConn':
        refuse(stream, visitorRefusal(codec, message));
        return;
      default:
        stream.destroy();
    }
  }

  failed(opening: Opening): void {
    this.openings.delete(opening);
  }

  tick(nowMs: number): void {
    for (const opening of this.openings.keys()) {
      // All may take equally long, so that the first to come is the first to be late.
      if (opening.deadlineMs > nowMs) return;
      opening.cut();
    }
  }
}

/** Says why, and ends. */
function refuse(stream: ByteStream, answer: Buffer): void {
  stream.write(answer);
  stream.end();
  stream.attach(new Discarding(stream));
  stream.resume();
}

/** Proxies for visitors (stcp, sudp, xtcp) are not served yet, so that none is ever there. */
function visitorRefusal(codec: WireCodec, { proxyName }: MessageOf<'newVisitorConn'>): Buffer {
  return codec.encode({ type: 'newVisitorConnResp', proxyName, error: errorTexts.visitorNoListener(proxyName) });
}

/** Reads on until the peer ends, so that it gets the answer: to close a socket with unread input resets it. */
class Discarding {
  constructor(private readonly stream: ByteStream) {}

  onData(_chunk: Buffer, lease?: { release(): void }): void {
    lease?.release();
  }

  onEnd(): void {
    this.stream.destroy();
  }

  onDrain(): void {
    // Nothing follows.
  }

  onClose(): void {
    // It is over.
  }
}

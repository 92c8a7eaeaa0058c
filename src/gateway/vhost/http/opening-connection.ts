import type { Socket } from 'node:net';
import { plainAddress } from '../../listener/client-connection';
import type { PendingConnection } from '../../listener/pending-connections';

/** RFC 9113, section 3.4. */
const HTTP2_PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** Who takes a connection once it is known what it speaks. */
export interface OpeningOwner {
  /** @param first all that was read */
  takeHttp1(first: Buffer): void;
  /** What was read is in the socket again. */
  takeHttp2(): void;
  onGone(): void;
  /** It has thrown something, and is cut. */
  onFault(error: unknown): void;
}

/** A user's connection until its first request: for its first bytes, because HTTP/2 needs the socket as it is, and then to count it. */
export class OpeningConnection implements PendingConnection {
  readonly address: string;
  private readonly onGone = (): void => {
    this.owner.onGone();
  };
  private readonly onEnd = (): void => {
    this.socket.destroy();
  };
  private readonly onData = (chunk: Buffer): void => {
    try {
      this.read(chunk);
    } catch (error) {
      this.socket.destroy();
      this.owner.onFault(error);
    }
  };
  private head: Buffer | undefined;

  constructor(
    private readonly socket: Socket,
    private readonly owner: OpeningOwner,
  ) {
    this.address = plainAddress(socket.remoteAddress);
  }

  /** @param head bytes that were read already */
  begin(head: Buffer | undefined): void {
    const { socket } = this;
    socket.setNoDelay(true);
    socket.on('error', ignore);
    socket.once('close', this.onGone);
    socket.once('end', this.onEnd);
    socket.on('data', this.onData);
    if (head !== undefined && head.length > 0) this.read(head);
    else socket.resume();
  }

  /** Its time is over. Nobody else has ended it, so it may be in anybody's hands. */
  expire(): void {
    this.socket.destroy();
  }

  private read(chunk: Buffer): void {
    const { socket } = this;
    const head = this.head === undefined ? chunk : Buffer.concat([this.head, chunk]);
    const known = Math.min(head.length, HTTP2_PREFACE.length);
    const isHttp2 = HTTP2_PREFACE.compare(head, 0, known, 0, known) === 0;
    if (isHttp2 && known < HTTP2_PREFACE.length) {
      this.head = head;
      socket.resume();
      return;
    }
    socket.pause();
    socket.off('data', this.onData);
    socket.off('end', this.onEnd);
    socket.off('error', ignore);
    if (isHttp2) {
      socket.unshift(head);
      this.owner.takeHttp2();
    } else {
      this.owner.takeHttp1(head);
    }
  }
}

function ignore(): void {
  // What goes wrong ends in a close, which is listened to.
}

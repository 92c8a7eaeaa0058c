import { type Socket, connect } from 'node:net';

/** One answer on a connection. */
export interface RawReply {
  readonly status: number;
  /** Status line and headers. */
  readonly head: string;
  readonly body: string;
}

const HEAD_END = '\r\n\r\n';

/** A connection that a test writes on as it likes, and reads answer by answer. */
export class RawConnection {
  private received = Buffer.alloc(0);
  private isClosed = false;
  private readonly waiting: (() => void)[] = [];
  /** When the other end has closed it, or this end broke it off. */
  readonly closed: Promise<void>;

  private constructor(private readonly socket: Socket) {
    socket.on('data', (chunk) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.wake();
    });
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.isClosed = true;
        this.wake();
        resolve();
      });
    });
  }

  /** @param url base address of a server */
  static async open(url: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    const connection = new RawConnection(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return connection;
  }

  /** @returns when the bytes have left this process; false when the connection is gone */
  async write(bytes: string | Buffer): Promise<boolean> {
    if (this.socket.destroyed) return false;
    return new Promise((resolve) => {
      this.socket.write(bytes, (error) => {
        resolve(!error);
      });
    });
  }

  /** The next answer. @throws when the connection closes before it is complete, with what came */
  async reply(): Promise<RawReply> {
    for (;;) {
      const text = this.received.toString('latin1');
      const headEnd = text.indexOf(HEAD_END);
      const head = text.slice(0, headEnd);
      const end = headEnd + HEAD_END.length + Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      if (headEnd >= 0 && text.length >= end) {
        const body = this.received.subarray(headEnd + HEAD_END.length, end).toString();
        this.received = this.received.subarray(end);
        return { status: Number(head.slice(9, 12)), head, body };
      }
      if (this.isClosed) throw new Error(`closed with ${JSON.stringify(text)}`);
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  /** Sends no more, and says so. */
  end(): void {
    this.socket.end();
  }

  /** Breaks it off. */
  destroy(): void {
    this.socket.destroy();
  }

  private wake(): void {
    for (const wake of this.waiting.splice(0)) wake();
  }
}

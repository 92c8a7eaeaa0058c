import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const PIECE = Buffer.alloc(16_384, 'u');
const CONNECT_MS = 10_000;

/** A user's connection that gets bytes until somebody cuts it. Times are this process's monotone milliseconds. */
export class StreamingUser {
  receivedBytes = 0;
  lastByteMs = 0;
  /** When it was over for the user. */
  readonly closed: Promise<number>;

  private constructor(private readonly socket: Socket) {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      this.receivedBytes += chunk.length;
      this.lastByteMs = performance.now();
    });
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        resolve(performance.now());
      });
    });
  }

  static async connect(port: number): Promise<StreamingUser> {
    const socket = connect({ port, host: '127.0.0.1' });
    const user = new StreamingUser(socket);
    await once(socket, 'connect', { signal: AbortSignal.timeout(CONNECT_MS) });
    return user;
  }

  /** Sends without end from now on, as fast as it is taken. */
  flood(): void {
    const pour = (): void => {
      while (!this.socket.destroyed && this.socket.write(PIECE));
    };
    this.socket.on('drain', pour);
    pour();
  }

  /** Resolves when it has got so many bytes. @throws when it is cut before */
  async got(bytes: number): Promise<void> {
    while (this.receivedBytes < bytes) {
      if (this.socket.destroyed) throw new Error(`the user was cut after ${String(this.receivedBytes)} bytes`);
      await sleep(5);
    }
  }

  leave(): void {
    this.socket.destroy();
  }
}

/** A user who asks a service that echoes every few milliseconds, and notes how long the answers take. */
export class EchoUser {
  readonly roundTripsMs: number[] = [];
  private hasLeft = false;
  private hasClosed = false;
  private answered: () => void = () => undefined;
  private readonly asking: Promise<void>;

  private constructor(
    private readonly socket: Socket,
    private readonly everyMs: number,
  ) {
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('data', () => {
      this.answered();
    });
    socket.once('close', () => {
      this.hasClosed = true;
      this.answered();
    });
    this.asking = this.ask();
  }

  static async connect(port: number, everyMs: number): Promise<EchoUser> {
    const socket = connect({ port, host: '127.0.0.1' });
    await once(socket, 'connect', { signal: AbortSignal.timeout(CONNECT_MS) });
    return new EchoUser(socket, everyMs);
  }

  /** Whether the connection has ended without the user's doing. */
  get wasCut(): boolean {
    return this.hasClosed && !this.hasLeft;
  }

  /** The longest answer took so long, in milliseconds; one that is awaited now counts with what it has taken so far. */
  async leave(): Promise<number> {
    this.hasLeft = !this.hasClosed;
    this.socket.destroy();
    await this.asking;
    return Math.max(0, ...this.roundTripsMs);
  }

  private async ask(): Promise<void> {
    while (!this.socket.destroyed) {
      const sentMs = performance.now();
      this.socket.write('?');
      await new Promise<void>((resolve) => {
        this.answered = resolve;
      });
      this.roundTripsMs.push(performance.now() - sentMs);
      await sleep(this.everyMs);
    }
  }
}

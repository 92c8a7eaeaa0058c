import {
  type ControlCipher,
  type FrpMessage,
  type MessageDecoder,
  type OutgoingMessage,
  WireError,
  type WireCodec,
} from '@tollgate/frp-wire';
import type { ByteReader, ByteStream, Lease } from '@tollgate/stream-kit';

/** A client that has this much unread of what it was told is not reading, in bytes. */
const MAX_UNREAD_BYTES = 1_048_576;

export interface ControlChannelOwner {
  /** Messages come one at a time: the next when the promise is kept. It must not reject. */
  onMessage(message: FrpMessage): Promise<void> | undefined;
  /** It is over. Called once. */
  onClose(error?: Error): void;
}

/** Messages that are worked on before others have their turn. */
const MAX_MESSAGES_PER_TURN = 64;

/** The messages of a client's control, both ways, enciphered (§4.2 and §2.5 of the protocol reference). */
export class ControlChannel implements ByteReader {
  private readonly decoder: MessageDecoder;
  private isWorking = false;
  private isClosed = false;

  constructor(
    private readonly stream: ByteStream,
    private readonly codec: WireCodec,
    private readonly cipher: ControlCipher,
    private readonly owner: ControlChannelOwner,
  ) {
    this.decoder = codec.decoder();
  }

  /** Begins to read. */
  start(): void {
    this.stream.attach(this);
    this.stream.resume();
  }

  /** What can't be said, such as an answer to a name that is longer than any answer may be, ends the control. */
  send(message: OutgoingMessage): void {
    if (this.isClosed) return;
    try {
      this.stream.write(this.cipher.seal(this.codec.encode(message)));
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.fail(error);
      return;
    }
    if (this.stream.queuedBytes > MAX_UNREAD_BYTES) this.fail(new Error('the client does not read its control'));
  }

  /** Ends it after what was sent. */
  end(): void {
    this.stream.end();
    this.close();
  }

  onData(chunk: Buffer, lease?: Lease): void {
    if (!this.isClosed) {
      try {
        this.decoder.push(this.cipher.open(chunk));
        if (!this.isWorking) this.readOn();
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
        this.fail(error);
      }
    }
    lease?.release();
  }

  onEnd(): void {
    this.stream.end();
    this.close();
  }

  onDrain(): void {
    // What waits is bounded where it is sent.
  }

  onClose(error?: Error): void {
    this.close(error);
  }

  private readOn(): void {
    for (let count = 1; !this.isClosed; count += 1) {
      const message = this.decoder.next();
      if (message === undefined) return;
      const working = this.owner.onMessage(message);
      if (working === undefined && count < MAX_MESSAGES_PER_TURN) continue;
      this.isWorking = true;
      // Whoever sends a thousand proxies at once waits for the first.
      this.stream.pause();
      Promise.resolve(working).then(
        () => {
          setImmediate(() => {
            this.isWorking = false;
            this.goOn();
          });
        },
        (error: unknown) => {
          this.fail(asError(error));
        },
      );
      return;
    }
  }

  private goOn(): void {
    if (this.isClosed) return;
    try {
      this.readOn();
    } catch (error) {
      // Whatever it is: nobody is left to catch it.
      this.fail(asError(error));
      return;
    }
    if (!this.isWorking) this.stream.resume();
  }

  private fail(error: Error): void {
    this.stream.destroy(error);
    this.close(error);
  }

  private close(error?: Error): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.owner.onClose(error);
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

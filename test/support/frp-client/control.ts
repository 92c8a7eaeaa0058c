import type { ControlCipher, FrpMessage, MessageDecoder, OutgoingMessage, WireCodec } from '@tollgate/frp-wire';
import type { ByteReader, ByteStream, Lease } from '@tollgate/stream-kit';
import { writesOf } from './write-message';

export interface ControlEvents {
  onMessage(message: FrpMessage): void;
  /** Called once. */
  onClose(error?: Error): void;
}

/** The control behind the login: messages both ways, enciphered. */
export class Control implements ByteReader {
  private readonly decoder: MessageDecoder;
  private isClosed = false;

  constructor(
    private readonly stream: ByteStream,
    private readonly codec: WireCodec,
    private readonly cipher: ControlCipher,
    private readonly events: ControlEvents,
  ) {
    this.decoder = codec.decoder();
  }

  start(): void {
    this.stream.attach(this);
    this.stream.resume();
  }

  send(message: OutgoingMessage): void {
    for (const write of writesOf(this.codec, message)) this.stream.write(this.cipher.seal(write));
  }

  end(): void {
    this.stream.end();
  }

  destroy(): void {
    this.stream.destroy();
  }

  onData(chunk: Buffer, lease?: Lease): void {
    try {
      this.decoder.push(this.cipher.open(chunk));
      for (let message = this.decoder.next(); message !== undefined; message = this.decoder.next()) {
        this.events.onMessage(message);
      }
    } catch (error) {
      this.stream.destroy(error as Error);
    } finally {
      lease?.release();
    }
  }

  onEnd(): void {
    this.stream.end();
    this.close();
  }

  onDrain(): void {
    // Controls carry little.
  }

  onClose(error?: Error): void {
    this.close(error);
  }

  private close(error?: Error): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.events.onClose(error);
  }
}

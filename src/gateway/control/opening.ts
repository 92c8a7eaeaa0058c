import {
  type FrpMessage,
  type HelloAnswer,
  OpeningDecoder,
  type RandomBytes,
  type V2Agreement,
  WireError,
  type WireCodec,
  answerClientHello,
} from '@tollgate/frp-wire';
import type { ByteReader, ByteStream, Lease } from '@tollgate/stream-kit';

/** The first message of a logical stream, and all that is known of the stream by then. */
export interface OpenedStream {
  /** Paused; what came behind the message is still in it. */
  readonly stream: ByteStream;
  readonly message: FrpMessage;
  readonly codec: WireCodec;
  /** What the hellos have settled; v2 only, and there only when the client has sent one. */
  readonly agreement: V2Agreement | undefined;
}

export interface OpeningOwner {
  readonly randomBytes: RandomBytes;
  opened(opening: Opening, opened: OpenedStream): void;
  /** The stream ended, or was cut, before its first message was there. */
  failed(opening: Opening): void;
}

/** A logical stream until its first message is there, which gives it its role. */
export class Opening implements ByteReader {
  private readonly decoder = new OpeningDecoder();
  private agreement: V2Agreement | undefined;
  private isOver = false;

  constructor(
    readonly stream: ByteStream,
    private readonly owner: OpeningOwner,
    readonly deadlineMs: number,
  ) {}

  /** Its time is over, or its owner is. */
  cut(): void {
    this.fail();
    this.stream.destroy();
  }

  onData(chunk: Buffer, lease?: Lease): void {
    if (!this.isOver) {
      try {
        this.decoder.push(chunk);
        this.readOn();
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
        this.cut();
      }
    }
    lease?.release();
  }

  onEnd(): void {
    this.cut();
  }

  onDrain(): void {
    // Nothing that is written here is long.
  }

  onClose(): void {
    this.fail();
  }

  private readOn(): void {
    for (let step = this.decoder.next(); step !== undefined; step = this.decoder.next()) {
      if (step.step === 'message') {
        this.isOver = true;
        this.stream.pause();
        // A view of a chunk that is given back soon, so that it has to be a copy.
        this.stream.unshift(Buffer.from(this.decoder.takeRest()));
        const { stream, agreement } = this;
        this.owner.opened(this, { stream, message: step.message, codec: step.codec, agreement });
        return;
      }
      if (!this.take(answerClientHello(step.received, this.owner.randomBytes))) return;
    }
  }

  /** @returns whether the client may go on */
  private take(answer: HelloAnswer): boolean {
    this.stream.write(answer.frame);
    if (answer.accepted) {
      this.agreement = answer.agreement;
      return true;
    }
    this.fail();
    this.stream.end();
    return false;
  }

  private fail(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.owner.failed(this);
  }
}

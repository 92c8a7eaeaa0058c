import { STATUS_CODES } from 'node:http';
import type { ByteStream, Lease } from '@tollgate/stream-kit';
import type { OwnAnswer } from './exchange-user';

/** Bodies up to this size leave in one piece with their head: a copy costs less than a second buffer. */
const MERGED_BYTES = 8_192;

const NOTHING = Buffer.alloc(0);

/** What is written to a user of HTTP/1. */
export class Http1Writer {
  /** Whether the user takes no more at present. */
  isBlocked = false;
  /** A head that waits for the first bytes of its body. */
  private headText: string | undefined;

  constructor(private readonly stream: ByteStream) {}

  /** Whether a head is still kept back. */
  get hasHead(): boolean {
    return this.headText !== undefined;
  }

  /** Keeps a head back, to send it with the first bytes of its body or by {@link flush}. */
  begin(headText: string): void {
    this.headText = headText;
  }

  write(chunk: Buffer, lease?: Lease): boolean {
    const { headText, stream } = this;
    if (headText === undefined) return this.note(stream.write(chunk, lease));
    if (chunk.length > MERGED_BYTES) {
      this.flush();
      return this.note(stream.write(chunk, lease));
    }
    this.headText = undefined;
    const merged = Buffer.allocUnsafe(headText.length + chunk.length);
    merged.write(headText, 'latin1');
    chunk.copy(merged, headText.length);
    lease?.release();
    return this.note(stream.write(merged));
  }

  flush(): void {
    const { headText } = this;
    if (headText === undefined) return;
    this.headText = undefined;
    this.writeText(headText);
  }

  writeText(text: string): void {
    this.note(this.stream.write(Buffer.from(text, 'latin1')));
  }

  /** An answer without a body, in place of one that was kept back. */
  refuse(status: number): void {
    this.headText = undefined;
    this.writeText(ownHeadText({ status, fields: [], body: NOTHING }, 'close'));
  }

  private note(isReady: boolean): boolean {
    if (!isReady) this.isBlocked = true;
    return isReady;
  }
}

/** The head of an answer of our own. */
export function ownHeadText(
  { status, fields, body }: OwnAnswer,
  connection: 'close' | 'keep-alive' | undefined,
): string {
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const last = connection === undefined ? '' : `Connection: ${connection}\r\n`;
  return `${firstLine(status)}${lines}Content-Length: ${String(body.length)}\r\n${last}\r\n`;
}

function firstLine(status: number): string {
  return `HTTP/1.1 ${String(status)} ${STATUS_CODES[status] ?? ''}\r\n`;
}

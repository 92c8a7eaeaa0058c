import { VHOST_LIMITS } from '../limits';
import { HttpError } from './http-error';

const EMPTY: Buffer = Buffer.alloc(0);
const END = Buffer.from('\r\n\r\n');

/** Gathers bytes until a head is complete. */
export class HeadReader {
  /** All that has come, the head first. */
  bytes: Buffer = EMPTY;

  /** Whether part of a head is waiting for the rest. */
  get isPartial(): boolean {
    return this.bytes.length > 0;
  }

  /**
   * Takes what comes next.
   * @returns behind the empty line that ends the head in {@link bytes}, or -1 when it is not complete
   * @throws HttpError when it is longer than it may be
   */
  push(chunk: Buffer): number {
    const before = this.bytes.length;
    this.bytes = before === 0 ? chunk : Buffer.concat([this.bytes, chunk]);
    const found = this.bytes.indexOf(END, Math.max(0, before - END.length + 1));
    const end = found === -1 ? -1 : found + END.length;
    if ((end === -1 ? this.bytes.length : end) > VHOST_LIMITS.maxHeadBytes) throw new HttpError('head_too_large');
    return end;
  }

  /** Forgets the head; whoever asked for it has what is behind. */
  clear(): void {
    this.bytes = EMPTY;
  }
}

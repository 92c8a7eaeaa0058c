import type { IncomingMessage } from 'node:http';
import { TYPE_BYTES } from '../content-type';
import { UploadError } from '../upload-error';
import { BrokenOffError } from '../upload-form';
import { endsToken } from '../upload-refusals';
import type { PacedUpload } from '../upload-watch';

/** What is asked of a piece while it comes in. */
export interface PieceRules {
  /** Most bytes that it may have. */
  readonly room: number;
  /** Of the content, what came before it, as far as its type is told by that. */
  readonly before: Buffer;
  /** Asked once, when the piece has brought as many bytes as the type is told by. @throws UploadError */
  readonly checkType: (head: Buffer) => Promise<unknown>;
}

/**
 * The body of a request that brings a piece of an upload. However it ends, what came until then is worth keeping, so that its
 * chunks end without an error and {@link failure} says the rest.
 */
export class PieceBody implements PacedUpload {
  receivedBytes = 0;
  isListening = false;
  /** Why it ended before its end. */
  failure: Error | undefined;
  private toldBytes = 0;

  constructor(private readonly raw: IncomingMessage) {}

  /**
   * Nothing of a content of a wrong type is handed over, where that can be told by this piece.
   * @param signal ends it, with an error
   */
  async *chunks({ room, before, checkType }: PieceRules, signal: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
    let head: Buffer[] | undefined = before.length < TYPE_BYTES ? [before] : undefined;
    let headBytes = before.length;
    try {
      for (;;) {
        const chunk = await this.next(signal);
        if (chunk === undefined) break;
        this.receivedBytes += chunk.length;
        if (this.receivedBytes > room) throw tooMuch();
        if (head === undefined) {
          yield chunk;
          continue;
        }
        head.push(chunk);
        headBytes += chunk.length;
        if (headBytes < TYPE_BYTES) continue;
        await checkType(Buffer.concat(head).subarray(0, TYPE_BYTES));
        const [, ...held] = head;
        head = undefined;
        yield* held;
      }
    } catch (error) {
      this.failure = error as Error;
      if (endsToken(error)) return;
    }
    if (head !== undefined) yield* head.slice(1);
  }

  /** Bytes received since this was asked last. */
  takeReceived(): number {
    const bytes = this.receivedBytes - this.toldBytes;
    this.toldBytes = this.receivedBytes;
    return bytes;
  }

  /** @returns `undefined` at the end @throws BrokenOffError; the signal's reason */
  private async next(signal: AbortSignal): Promise<Buffer | undefined> {
    const { raw } = this;
    if (raw.readableEnded) return undefined;
    if (raw.destroyed) throw new BrokenOffError('the client went away');
    signal.throwIfAborted();
    this.isListening = true;
    try {
      return await new Promise<Buffer | undefined>((resolve, reject) => {
        const settle = (finish: () => void): void => {
          raw.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose);
          signal.removeEventListener('abort', onAbort);
          // Whoever answers reads the rest.
          raw.pause();
          finish();
        };
        const onData = (chunk: Buffer): void => {
          settle(() => {
            resolve(chunk);
          });
        };
        const onEnd = (): void => {
          settle(() => {
            resolve(undefined);
          });
        };
        const onClose = (): void => {
          settle(() => {
            reject(new BrokenOffError('the client went away'));
          });
        };
        const onAbort = (): void => {
          settle(() => {
            reject(signal.reason as Error);
          });
        };
        raw.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose);
        signal.addEventListener('abort', onAbort);
        raw.resume();
      });
    } finally {
      this.isListening = false;
    }
  }
}

function tooMuch(): UploadError {
  return new UploadError('FILE_TOO_LARGE', 'there are more bytes than Upload-Length says');
}

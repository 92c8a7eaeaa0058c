import { Readable } from 'node:stream';
import { AHEAD_BYTES } from './limits';

/** A body that is written to: {@link put} waits while the reader is behind. */
export class UploadBody extends Readable {
  #wake: (() => void) | undefined;

  constructor() {
    super({ highWaterMark: AHEAD_BYTES });
    // Whoever reads it is told by the reading; while nobody does, an error is nobody's business.
    this.on('error', () => undefined);
  }

  /** Resolves when there is room for another chunk, or nobody wants any more. */
  async put(chunk: Buffer): Promise<void> {
    if (this.destroyed || chunk.length === 0 || this.push(chunk)) return;
    await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  /** All has been put. */
  end(): void {
    this.push(null);
  }

  override _read(): void {
    this.#resume();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#resume();
    done(error);
  }

  #resume(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}

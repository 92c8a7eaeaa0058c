import { BATCH_BYTES, BATCH_CHUNKS } from './limits';
import type { SyncSlots } from './sync-slots';

/** What is needed of an open file; a `FileHandle` has it. */
export interface OutputFile {
  writev(chunks: readonly Buffer[]): Promise<{ readonly bytesWritten: number }>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Writes chunks to a file in order, many with one call: at most one write is under way while the next batch gathers, so
 * that memory is bounded and neither the disk nor the sender waits for the other more than it must.
 */
export class BatchedOutput {
  readonly #file: OutputFile;
  readonly #slots: SyncSlots;
  #batch: Buffer[] = [];
  #batchBytes = 0;
  #write: Promise<void> | undefined;
  #fault: { readonly error: unknown } | undefined;

  constructor(file: OutputFile, slots: SyncSlots) {
    this.#file = file;
    this.#slots = slots;
  }

  /** Resolves when there is room for another. The chunk must not be changed afterwards. */
  async push(chunk: Buffer): Promise<void> {
    if (this.#fault !== undefined) throw this.#fault.error;
    if (chunk.length === 0) return;
    this.#batch.push(chunk);
    this.#batchBytes += chunk.length;
    if (this.#batchBytes >= BATCH_BYTES || this.#batch.length >= BATCH_CHUNKS) await this.#flush();
  }

  /**
   * Brings everything to stable storage. Nothing may be pushed any more. Only now: syncs on the way spare no time at the end that
   * they have not cost before.
   */
  async finish(): Promise<void> {
    await this.#flush();
    await this.settle();
    if (this.#fault !== undefined) throw this.#fault.error;
    await this.#slots.run(async () => this.#file.sync());
  }

  /** Waits until nothing of ours is under way in the file. */
  async settle(): Promise<void> {
    await this.#write;
  }

  async #flush(): Promise<void> {
    await this.#write;
    if (this.#fault !== undefined) throw this.#fault.error;
    if (this.#batch.length === 0) return;
    const batch = this.#batch;
    this.#batch = [];
    this.#batchBytes = 0;
    this.#write = this.#noting(writeAll(this.#file, batch)).then(() => {
      this.#write = undefined;
    });
  }

  /** Nobody waits for a write at once: what goes wrong is told to whoever asks next. */
  async #noting(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      this.#fault ??= { error };
    }
  }
}

/** A write may take only a part: on a disk that is nearly full the rest then fails with the reason. */
async function writeAll(file: OutputFile, chunks: readonly Buffer[]): Promise<void> {
  let rest = chunks;
  while (rest.length > 0) {
    const { bytesWritten } = await file.writev(rest);
    if (bytesWritten === 0) throw new Error('the file takes no bytes');
    rest = without(rest, bytesWritten);
  }
}

function without(chunks: readonly Buffer[], bytes: number): readonly Buffer[] {
  let left = bytes;
  for (const [index, chunk] of chunks.entries()) {
    if (left < chunk.length) return [chunk.subarray(left), ...chunks.slice(index + 1)];
    left -= chunk.length;
  }
  return [];
}

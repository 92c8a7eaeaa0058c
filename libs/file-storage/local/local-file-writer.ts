import { unlink, utimes } from 'node:fs/promises';
import type { FileWriter } from '../file-storage';
import { BatchedOutput, type OutputFile } from './batched-output';
import { diskFault } from './disk-fault';
import { moveToFinal, moveToReady } from './move-file';
import type { SyncSlots } from './sync-slots';
import type { FolderEntry, UploadFolder } from './upload-folder';

/**
 * - `writing`, then `completing` from the call of complete(), `complete` when it is done
 * - `kept` from the call of keep(), `left` from that of leave(), `aborted` from the first call of abort(): all are ends
 */
type State = 'writing' | 'completing' | 'complete' | 'kept' | 'left' | 'aborted';

/** What a writer is made of. */
export interface LocalFileWriterParts {
  readonly file: OutputFile;
  readonly folder: UploadFolder;
  readonly entry: FolderEntry;
  readonly slots: SyncSlots;
  /** Called once, when this writer has nothing to do with the content any more. */
  readonly onEnd: (writer: LocalFileWriter) => void;
}

export class LocalFileWriter implements FileWriter {
  readonly #parts: LocalFileWriterParts;
  readonly #output: BatchedOutput;
  #state: State = 'writing';
  #closed: Promise<void> | undefined;
  #completion: Promise<void> | undefined;
  #removal: Promise<void> | undefined;

  constructor(parts: LocalFileWriterParts) {
    this.#parts = parts;
    this.#output = new BatchedOutput(parts.file, parts.slots);
  }

  async write(chunk: Buffer): Promise<void> {
    this.#require('writing');
    await this.#orAbort(this.#output.push(chunk));
  }

  async complete(): Promise<string> {
    this.#require('writing');
    this.#state = 'completing';
    this.#completion = this.#complete();
    await this.#orAbort(this.#completion);
    return this.#parts.entry.name;
  }

  /** Never fails: where the move does, the content stays readable where it is, and a sweep moves it. */
  async keep(): Promise<void> {
    this.#require('complete');
    this.#state = 'kept';
    const { folder, entry, onEnd } = this.#parts;
    try {
      await moveToFinal(folder, entry);
    } catch {
      // See above.
    } finally {
      onEnd(this);
    }
  }

  /** The sweeps ask for it once nobody has touched it for long, as for the contents of dead processes. */
  async leave(): Promise<void> {
    this.#require('complete');
    this.#state = 'left';
    this.#parts.onEnd(this);
  }

  async abort(): Promise<void> {
    if (this.#state === 'kept' || this.#state === 'left') return;
    this.#removal ??= this.#remove();
    await this.#removal;
  }

  /** Tells the sweeps of other processes that somebody is at it. */
  async touch(now: Date): Promise<void> {
    const { folder, entry } = this.#parts;
    const path = this.#state === 'complete' ? folder.readyPath(entry) : folder.unfinishedPath(entry);
    await utimes(path, now, now).catch(() => undefined);
  }

  async #complete(): Promise<void> {
    await this.#output.finish();
    await this.#close();
    this.#require('completing');
    await moveToReady(this.#parts.folder, this.#parts.entry);
    this.#require('completing');
    this.#state = 'complete';
  }

  async #remove(): Promise<void> {
    this.#state = 'aborted';
    const { folder, entry, onEnd } = this.#parts;
    await this.#completion?.catch(() => undefined);
    await this.#output.settle();
    await this.#close().catch(() => undefined);
    for (const path of [folder.unfinishedPath(entry), folder.readyPath(entry)]) {
      await unlink(path).catch(() => undefined);
    }
    onEnd(this);
  }

  /** Once only: a second close could hit another file that has the number by then. */
  async #close(): Promise<void> {
    this.#closed ??= this.#parts.file.close();
    await this.#closed;
  }

  /** Nothing is left of a content that failed, whoever forgets to abort it. */
  async #orAbort(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      await this.abort();
      throw diskFault(error);
    }
  }

  #require(state: State): void {
    if (this.#state !== state) throw new Error(`the content is ${this.#state}, not ${state}`);
  }
}

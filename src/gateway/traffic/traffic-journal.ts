import { type FileHandle, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { journalLine, readJournalLine } from './journal-line';

const FILE_MODE = 0o600;

/** What was found in a journal. */
export interface JournalContent {
  readonly records: readonly object[];
  /** Bytes at its end that are no whole record; a crash leaves them. */
  readonly tornBytes: number;
  /** Where a copy of the file was put because whole records follow a broken one, which no crash of ours explains. */
  readonly damagedCopy?: string;
}

/**
 * An append-only file of records, one a line. It is readable for its owner only.
 *
 * It is written by one call at a time. After a failed write or fsync nothing is known about the file's end: the next
 * write has to be {@link replace}.
 */
export class TrafficJournal {
  private file: FileHandle | undefined;
  private bytes = 0;

  /** @param path in a folder that exists */
  constructor(private readonly path: string) {}

  /** Length of the file. */
  get size(): number {
    return this.bytes;
  }

  /** Reads all records up to the first that is not whole. Of a file that is not there: none. */
  async read(): Promise<JournalContent> {
    let text: string;
    try {
      text = await readFile(this.path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { records: [], tornBytes: 0 };
      throw error;
    }
    const lines = text.split('\n');
    const records: object[] = [];
    for (const line of lines) {
      const record = readJournalLine(line);
      if (record === undefined) break;
      records.push(record);
    }
    const rest = lines.slice(records.length);
    const tornBytes = Buffer.byteLength(rest.join('\n'));
    // The last line has its line feed or is torn, whatever its checksum says: what follows it would be glued to it.
    const isDamaged = rest.slice(1).some((line) => readJournalLine(line) !== undefined);
    if (!isDamaged) return { records, tornBytes };
    const damagedCopy = `${this.path}.damaged`;
    await writeFile(damagedCopy, text, { mode: FILE_MODE });
    return { records, tornBytes, damagedCopy };
  }

  /** Adds lines, and returns when they are on the disk. Only after a {@link replace}. */
  async append(lines: string): Promise<void> {
    if (this.file === undefined) throw new Error('the journal is not open for writing');
    const bytes = Buffer.from(lines);
    await this.file.writeFile(bytes);
    await this.file.datasync();
    this.bytes += bytes.length;
  }

  /** Puts records in the place of all that is there, in one step. */
  async replace(records: Iterable<object>): Promise<void> {
    const temporary = `${this.path}.new`;
    // Taken at once, before anything is awaited: what is noted from now on belongs behind it.
    const bytes = Buffer.from(Array.from(records, journalLine).join(''));
    await rm(temporary, { force: true });
    const file = await open(temporary, 'ax', FILE_MODE);
    try {
      await file.writeFile(bytes);
      await file.datasync();
      await rename(temporary, this.path);
      await syncFolder(dirname(this.path));
    } catch (error) {
      await file.close().catch(() => undefined);
      throw error;
    }
    const before = this.file;
    this.file = file;
    this.bytes = bytes.length;
    await before?.close().catch(() => undefined);
  }

  async close(): Promise<void> {
    const { file } = this;
    this.file = undefined;
    await file?.close();
  }
}

/** A new name is on the disk only when its folder is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

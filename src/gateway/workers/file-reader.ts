import { readFileSync } from 'node:fs';

/** Reads the configuration file for all processes of a gateway, and keeps what they are to go by. */
export class FileReader {
  private first: string | null = null;
  private latest: string | null = null;
  private read: string | null = null;

  /** @throws the system's error */
  readonly readText = (path: string): string => {
    this.read = readFileSync(path, 'utf8');
    return this.read;
  };

  /** What was read last is good: it holds. */
  accept(): void {
    this.first ??= this.read;
    this.latest = this.read;
  }

  /** The file at the start, and as it holds now. */
  get files(): { readonly atStart: string | null; readonly now: string | null } {
    return { atStart: this.first, now: this.latest };
  }
}

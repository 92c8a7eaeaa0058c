import { readFileSync } from 'node:fs';

const PAGE_BYTES = 4_096;
const EVERY_MS = 50;

/** Memory of another process that is in RAM, in bytes. Linux only. */
export function residentBytes(pid: number): number {
  const [, pages = '0'] = readFileSync(`/proc/${String(pid)}/statm`, 'utf8').split(' ');
  return Number(pages) * PAGE_BYTES;
}

/** Looks at a process's memory again and again. */
export class MemoryWatch {
  private highest: number;
  private readonly timer: NodeJS.Timeout;
  readonly beforeBytes: number;

  constructor(private readonly pid: number) {
    this.beforeBytes = this.highest = residentBytes(pid);
    this.timer = setInterval(() => {
      this.look();
    }, EVERY_MS);
  }

  /** Ends it. @returns what it had at most, in bytes */
  stop(): number {
    clearInterval(this.timer);
    this.look();
    return this.highest;
  }

  private look(): void {
    this.highest = Math.max(this.highest, residentBytes(this.pid));
  }
}

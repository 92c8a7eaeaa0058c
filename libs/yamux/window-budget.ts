/** Bytes by which receive windows may have grown at once, over all sessions that share it: what bounds a process' memory. */
export class WindowBudget {
  private used = 0;

  /** @param totalBytes 0 for windows that never grow */
  constructor(readonly totalBytes: number) {}

  /** Bytes that are taken. */
  get usedBytes(): number {
    return this.used;
  }

  /** @returns whether `bytes` were there, and are taken now */
  take(bytes: number): boolean {
    if (this.used + bytes > this.totalBytes) return false;
    this.used += bytes;
    return true;
  }

  /** Gives back what was taken. */
  release(bytes: number): void {
    this.used -= bytes;
  }
}

/** Bytes by which receive windows may have grown at once, over all sessions that share it: what bounds a process' memory. */
export class WindowBudget {
  private used = 0;

  /** @param total in bytes; 0 for windows that never grow */
  constructor(private total: number) {}

  get totalBytes(): number {
    return this.total;
  }

  /** Holds for windows that grow from now on: those that have grown keep what they have until they let go of it. */
  setTotal(bytes: number): void {
    this.total = bytes;
  }

  /** Bytes that are taken. */
  get usedBytes(): number {
    return this.used;
  }

  /** @returns whether `bytes` were there, and are taken now */
  take(bytes: number): boolean {
    if (this.used + bytes > this.total) return false;
    this.used += bytes;
    return true;
  }

  /** Gives back what was taken. */
  release(bytes: number): void {
    this.used -= bytes;
  }
}

import type { WindowGrowth } from './window-growth';

/**
 * What the peer may still send on a stream, and when it is told of more.
 *
 * `size` is made up of three parts: `remaining`, which the peer may send, `waiting`, which has come and was not read yet, and what
 * was read. As soon as the last is half of the size, the peer is told that it may send as much again. What the peer was promised can't
 * be taken back: a window that shrinks holds its budget until the peer has used it.
 */
export class ReceiveWindow {
  private size: number;
  private remaining: number;
  private waiting = 0;
  /** Bytes of the budget that this window holds. */
  private held = 0;
  /** When the peer was told last; NaN before. */
  private updatedAtMs = Number.NaN;
  /** Whether data had to wait since then: then it was we who were slow. */
  private hasWaited = false;
  private idleSinceMs = Number.NaN;
  private remainingWhenIdle = 0;

  constructor(private readonly growth: WindowGrowth) {
    this.size = growth.initialBytes;
    this.remaining = growth.initialBytes;
  }

  /** Bytes that the peer may send still. */
  get remainingBytes(): number {
    return this.remaining;
  }

  /** What the window is now, in bytes. */
  get sizeBytes(): number {
    return this.size;
  }

  /** `bytes` have come and were read at once. */
  passed(bytes: number): void {
    this.remaining -= bytes;
  }

  /** `bytes` have come and wait to be read. */
  received(bytes: number): void {
    this.remaining -= bytes;
    this.waiting += bytes;
    this.hasWaited = true;
  }

  /** `bytes` that have waited were read. */
  consumed(bytes: number): void {
    this.waiting -= bytes;
  }

  /** `bytes` that were read wait again. */
  putBack(bytes: number): void {
    this.waiting += bytes;
  }

  /** @returns bytes to tell the peer of, which it may send from now on; 0 while that is less than half of the window */
  update(): number {
    const unused = this.waiting + this.remaining;
    if (this.size - unused < this.size / 2) return 0;
    if (this.growth.canGrow) this.grow();
    const delta = this.size - unused;
    this.remaining += delta;
    this.settle();
    return delta;
  }

  /** Makes a grown window small again when nothing came through it for `idleMs`. To be called once in a while. */
  relax(nowMs: number, idleMs: number): void {
    if (this.held === 0) return;
    if (this.remaining !== this.remainingWhenIdle || Number.isNaN(this.idleSinceMs)) {
      this.remainingWhenIdle = this.remaining;
      this.idleSinceMs = nowMs;
    } else if (nowMs - this.idleSinceMs >= idleMs) {
      this.size = this.growth.initialBytes;
      this.updatedAtMs = Number.NaN;
    }
    this.settle();
  }

  /** The stream is gone, and what waited with it. */
  close(): void {
    this.growth.budget.release(this.held);
    this.held = 0;
  }

  private grow(): void {
    const nowMs = this.growth.nowMs();
    if (!this.hasWaited && !Number.isNaN(this.updatedAtMs)) {
      const bytes = this.growth.grow(this.size, nowMs - this.updatedAtMs);
      this.size += bytes;
      this.held += bytes;
    }
    this.updatedAtMs = nowMs;
    this.hasWaited = this.waiting > 0;
  }

  /** Gives back what of the budget is no longer promised to the peer, nor needed for what waits. */
  private settle(): void {
    const needed = Math.max(this.size, this.waiting + this.remaining) - this.growth.initialBytes;
    if (needed >= this.held) return;
    this.growth.budget.release(this.held - needed);
    this.held = Math.max(0, needed);
  }
}

import type { YamuxLimits } from './limits';

/**
 * Pings, of which at most one waits for its answer. A peer that sends anything is alive, so only a quiet one is asked: it is
 * given up when nothing at all has come for `pingTimeoutMs` after the question. (frp pings always, and gives up when the
 * answer is late, which a full upload alone can bring about.)
 */
export class KeepAlive {
  private heard = true;
  private heardAtMs = Number.NaN;
  private nextId = 0;
  /** The question that waits for its answer. */
  private askedId: number | undefined;
  private askedAtMs = 0;
  /** Whether that was to find out if the peer is alive. */
  private isDoubtful = false;

  /**
   * @param intervalMs how long a peer may be quiet; 0 for ever
   * @param send sends a ping
   */
  constructor(
    private readonly intervalMs: number,
    private readonly limits: Pick<YamuxLimits, 'pingTimeoutMs'>,
    private readonly send: (id: number) => void,
  ) {}

  /** Something has come. Called for each chunk, so the time is looked up by {@link tick} only. */
  noteHeard(): void {
    this.heard = true;
  }

  /** Asks for the time of a round trip, unless a question is on its way. */
  probe(nowMs: number): void {
    if (this.askedId === undefined) this.ask(nowMs);
  }

  /** @returns the time of a round trip in milliseconds, if `id` is the question that was open */
  answered(id: number, nowMs: number): number | undefined {
    if (id !== this.askedId) return undefined;
    this.askedId = undefined;
    return nowMs - this.askedAtMs;
  }

  /** @returns `false` when the peer is to be given up */
  tick(nowMs: number): boolean {
    if (this.heard || Number.isNaN(this.heardAtMs)) {
      this.heard = false;
      this.heardAtMs = nowMs;
      this.isDoubtful = false;
      return true;
    }
    if (this.isDoubtful) return nowMs - this.askedAtMs < this.limits.pingTimeoutMs;
    if (this.intervalMs > 0 && nowMs - this.heardAtMs >= this.intervalMs) {
      this.isDoubtful = true;
      this.ask(nowMs);
    }
    return true;
  }

  private ask(nowMs: number): void {
    this.askedId = this.nextId;
    this.nextId = (this.nextId + 1) >>> 0;
    this.askedAtMs = nowMs;
    this.send(this.askedId);
  }
}

import { createHash } from 'node:crypto';
import type { GatewayBoard, GatewayCommand, PresentClient } from '@tollgate/domain';
import type { Log } from '@tollgate/observability';
import { parseGatewayCommand } from './gateway-command';
import { WorkSlices } from '../work-slices';
import { PRESENCE_LIMITS } from './limits';

export interface GatewayAnnouncerOptions {
  /** Unlike every other gateway's, also after a restart: letters, digits, `-` and `_`. */
  readonly gatewayId: string;
  /** Who is connected to this gateway now. */
  readonly listClients: () => Iterable<PresentClient>;
  readonly onCommand: (command: GatewayCommand) => void;
  readonly log: Log;
}

interface Shown {
  readonly digest: string;
  readonly atMs: number;
}

/**
 * A gateway's side of a board: shows who is connected, and passes on what it hears. Has no timers: {@link tick} is to be
 * called about once a second. A board that is away is tried again with every look, and what a gateway has shown goes by
 * itself when it dies.
 */
export class GatewayAnnouncer {
  private readonly shown = new Map<string, Shown>();
  private lastLookMs = Number.NEGATIVE_INFINITY;
  private running: Promise<void> | undefined;
  private stopListening: (() => Promise<void>) | undefined;
  private isAway = false;
  private closed = false;

  constructor(
    private readonly board: GatewayBoard,
    private readonly options: GatewayAnnouncerOptions,
  ) {}

  /** @param nowMs monotone milliseconds */
  tick(nowMs: number): void {
    if (this.closed || this.running !== undefined || nowMs - this.lastLookMs < PRESENCE_LIMITS.showIntervalMs) return;
    this.lastLookMs = nowMs;
    this.running = this.announce(nowMs).finally(() => {
      this.running = undefined;
    });
  }

  /** Resolves when the look that is under way, if one is, has ended. */
  async settled(): Promise<void> {
    await this.running;
  }

  /** Takes away what is shown and hears no more. Does not close the board. */
  async close(): Promise<void> {
    this.closed = true;
    await this.running;
    await this.stopListening?.();
    await Promise.allSettled([...this.shown.keys()].map((name) => this.board.hide(name)));
  }

  private async announce(nowMs: number): Promise<void> {
    try {
      this.stopListening ??= await this.board.listen((text) => {
        this.hear(text);
      });
      const slices = new WorkSlices();
      const texts = await this.toTexts(this.options.listClients(), slices);
      for (const [name, text] of texts) {
        if (slices.isOver()) await slices.rest();
        await this.show(name, text, nowMs);
      }
      for (const name of [...this.shown.keys()]) {
        if (texts.has(name)) continue;
        await this.board.hide(name);
        this.shown.delete(name);
      }
      if (this.isAway) this.options.log.info({}, 'others see again who is connected here');
      this.isAway = false;
    } catch (error) {
      if (!this.isAway) this.options.log.warn({ err: error }, 'others can not see who is connected here');
      this.isAway = true;
    }
  }

  private async show(name: string, text: string, nowMs: number): Promise<void> {
    const digest = createHash('sha256').update(text).digest('base64');
    const before = this.shown.get(name);
    if (before?.digest === digest && nowMs - before.atMs < PRESENCE_LIMITS.showAgainMs) return;
    await this.board.show(name, text);
    this.shown.set(name, { digest, atMs: nowMs });
  }

  /** Several texts where there are many clients: a client stays in its own, so that only those with news are written. */
  private async toTexts(clients: Iterable<PresentClient>, slices: WorkSlices): Promise<ReadonlyMap<string, string>> {
    const parts: { readonly runId: string; readonly text: string }[] = [];
    let chars = 0;
    for (const client of clients) {
      if (slices.isOver()) await slices.rest();
      const text = JSON.stringify(client);
      chars += text.length;
      parts.push({ runId: client.runId, text });
    }
    let count = 1;
    while (count * PRESENCE_LIMITS.textChars < chars && count < PRESENCE_LIMITS.texts) count *= 2;
    const buckets = Array.from({ length: count }, (): string[] => []);
    for (const { runId, text } of parts) {
      if (slices.isOver()) await slices.rest();
      buckets[bucketOf(runId, count)]?.push(text);
    }
    const { gatewayId } = this.options;
    return new Map(buckets.map((bucket, index) => [`${gatewayId}.${String(index)}`, `[${bucket.join(',')}]`]));
  }

  private hear(text: string): void {
    const command = parseGatewayCommand(text);
    if (command === undefined) {
      this.options.log.warn({}, 'heard a command that is none of ours; it is ignored');
      return;
    }
    try {
      this.options.onCommand(command);
    } catch (error) {
      this.options.log.error({ err: error, kind: command.kind }, 'a command failed');
    }
  }
}

function bucketOf(runId: string, count: number): number {
  return createHash('sha256').update(runId).digest().readUInt32BE(0) % count;
}

import type { DiskFloor } from './disk-floor';
import { StallRule, type StallRuleOptions } from './stall-rule';
import { UploadError } from './upload-error';
import { tooSlow } from './upload-refusals';

/** How often the room on the disk is looked at while an upload comes in, in milliseconds. */
const ROOM_MS = 1_000;

export interface PacedUpload {
  /** Since it began. */
  readonly receivedBytes: number;
  /** Whether it is the client that is waited for. */
  readonly isListening: boolean;
}

/** Looks after one upload while it comes in, and cuts it when it must not go on. */
export class UploadWatch {
  private readonly controller = new AbortController();
  private readonly timers: NodeJS.Timeout[] = [];

  /** @param onFault told of looks that fail; they cut nothing, the next may do better */
  constructor(private readonly onFault: (error: unknown) => void) {}

  /** Aborted, with an UploadError, when the upload must end. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Cuts the upload when it brings too little. */
  keepPace(upload: PacedUpload, options: StallRuleOptions): void {
    const rule = new StallRule(options);
    this.every(rule.tickMs, async () => {
      if (rule.tick(upload.receivedBytes, upload.isListening)) throw tooSlow();
    });
  }

  /** Cuts the upload when the disk is about to be full. */
  keepRoom(floor: DiskFloor): void {
    this.every(ROOM_MS, () => floor.assertRoom());
  }

  /** @param look throws an UploadError to cut the upload */
  every(intervalMs: number, look: () => Promise<void>): void {
    const run = async (): Promise<void> => {
      try {
        await look();
      } catch (error) {
        if (error instanceof UploadError) this.controller.abort(error);
        else this.onFault(error);
      }
    };
    this.timers.push(setInterval(() => void run(), intervalMs));
  }

  close(): void {
    for (const timer of this.timers) clearInterval(timer);
  }
}

import { setTimeout as pause } from 'node:timers/promises';
import { type UploadLocks, randomHex } from '@tollgate/domain';
import { UploadError } from '../upload-error';

const TRY_EVERY_MS = 100;
/** Longer than a lock outlives the process that held it. */
const PATIENCE_MS = 15_000;
const RENEW_EVERY_MS = 1_000;
const RETRY_AFTER_SECONDS = 5;

/** One request's time with an upload. */
export interface Turn {
  /** Aborted, with an UploadError, when somebody else waits for a turn, or has taken it. */
  readonly signal: AbortSignal;
  end(): Promise<void>;
}

/**
 * Has the requests of one upload take turns, over all processes. A new one has precedence: whoever resumes an upload
 * has given up on the request before, though that may not know it yet.
 */
export class UploadTurns {
  constructor(
    private readonly locks: UploadLocks,
    private readonly patienceMs: number = PATIENCE_MS,
  ) {}

  /** @throws UploadError UPLOAD_BUSY when whoever has the turn does not end it */
  async take(uploadId: string): Promise<Turn> {
    const holder = randomHex(16);
    const deadlineMs = performance.now() + this.patienceMs;
    while (!(await this.locks.tryLock(uploadId, holder))) {
      if (performance.now() >= deadlineMs) throw busy();
      await pause(TRY_EVERY_MS);
    }
    const controller = new AbortController();
    const renewing = setInterval(() => {
      // What can't be renewed is lost in time, and whoever comes next finds what was stored until then.
      this.locks.renew(uploadId, holder).then(
        (state) => {
          if (state !== 'held') controller.abort(busy());
        },
        () => undefined,
      );
    }, RENEW_EVERY_MS);
    return {
      signal: controller.signal,
      end: async () => {
        clearInterval(renewing);
        await this.locks.unlock(uploadId, holder);
      },
    };
  }
}

function busy(): UploadError {
  return new UploadError('UPLOAD_BUSY', 'another request works on this upload', {
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
}

import { setTimeout as pause } from 'node:timers/promises';
import { UPLOAD_LOCK_LEASE_MS, type UploadLocks, randomHex } from '@tollgate/domain';
import { UploadError } from '../upload-error';

const TRY_EVERY_MS = 100;
/** Longer than a lock outlives the process that held it. */
const PATIENCE_MS = 15_000;
const RENEW_EVERY_MS = 1_000;
/** A turn whose lock could not be renewed ends so long before the lock does: what it has begun to write is written by then. */
const MARGIN_MS = 3_000;
const RETRY_AFTER_SECONDS = 5;

/** One request's time with an upload. */
export interface Turn {
  /** Aborted, with an UploadError, when somebody else waits for a turn, or when the turn is {@link assertHeld | lost}. */
  readonly signal: AbortSignal;
  /** @throws UploadError UPLOAD_BUSY when another may have the turn by now: nothing may be done any more */
  assertHeld(): void;
  end(): Promise<void>;
}

/** With an upload that nobody else knows of yet. */
export const SOLE_TURN: Turn = {
  signal: new AbortController().signal,
  assertHeld: () => undefined,
  end: () => Promise.resolve(),
};

/**
 * Has the requests of one upload take turns, over all processes. A new one has precedence: whoever resumes an upload
 * has given up on the request before, though that may not know it yet.
 */
export class UploadTurns {
  /** Of each upload that is waited for, the request that came last. */
  private readonly newest = new Map<string, string>();

  constructor(
    private readonly locks: UploadLocks,
    private readonly patienceMs: number = PATIENCE_MS,
  ) {}

  /** @throws UploadError UPLOAD_BUSY when whoever has the turn does not end it, or a newer request came to wait here */
  async take(uploadId: string): Promise<Turn> {
    const holder = randomHex(16);
    const deadlineMs = performance.now() + this.patienceMs;
    this.newest.set(uploadId, holder);
    try {
      for (;;) {
        const askedMs = performance.now();
        if (await this.locks.tryLock(uploadId, holder)) return new LockedTurn(this.locks, uploadId, holder, askedMs);
        if (askedMs >= deadlineMs) throw busy();
        await pause(TRY_EVERY_MS);
        if (this.newest.get(uploadId) !== holder) throw busy();
      }
    } finally {
      if (this.newest.get(uploadId) === holder) this.newest.delete(uploadId);
    }
  }
}

/** A turn for as long as its lock is renewed: a lock that was not may be another's, and there must never be two writers. */
class LockedTurn implements Turn {
  private readonly controller = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private isLost = false;

  /** @param heldMs when the lock was asked for, by `performance.now()`: it holds for a lease from then on at least */
  constructor(
    private readonly locks: UploadLocks,
    private readonly uploadId: string,
    private readonly holder: string,
    private heldMs: number,
  ) {
    this.timer = setInterval(() => void this.renew(), RENEW_EVERY_MS);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  assertHeld(): void {
    if (performance.now() - this.heldMs >= UPLOAD_LOCK_LEASE_MS - MARGIN_MS) this.lose();
    if (this.isLost) throw busy();
  }

  async end(): Promise<void> {
    clearInterval(this.timer);
    await this.locks.unlock(this.uploadId, this.holder);
  }

  private async renew(): Promise<void> {
    const askedMs = performance.now();
    if (askedMs - this.heldMs >= UPLOAD_LOCK_LEASE_MS - MARGIN_MS) this.lose();
    if (this.isLost) return;
    try {
      const state = await this.locks.renew(this.uploadId, this.holder);
      if (state === 'lost') this.lose();
      else this.heldMs = Math.max(this.heldMs, askedMs);
      if (state === 'wanted') this.controller.abort(busy());
    } catch {
      // Tried again in a second, as long as the lock may still be held.
    }
  }

  private lose(): void {
    this.isLost = true;
    this.controller.abort(busy());
  }
}

function busy(): UploadError {
  return new UploadError('UPLOAD_BUSY', 'another request works on this upload', {
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
}

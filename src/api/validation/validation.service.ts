import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock, isPlausibleToken } from '@tollgate/domain';
import { UsageMeter } from './usage-meter.service';
import { ValidationCache } from './validation-cache.service';
import type { ValidationEntry } from './validation-entry';
import type { Verdict } from './verdict';

const NOT_FOUND: Verdict = { valid: false, reason: 'not_found' };

/** Decides whether a bearer token may pass. */
@Injectable()
export class ValidationService {
  constructor(
    private readonly cache: ValidationCache,
    private readonly usage: UsageMeter,
    private readonly clock: Clock,
  ) {}

  /**
   * At once for a token that the cache holds. Counts nothing: see {@link countUse}.
   * @param value the token as presented
   * @param required scopes that must all be granted; may be empty
   */
  validate(value: string, required: readonly string[]): Verdict | Promise<Verdict> {
    const digest = hash('sha256', value);
    const kept = this.cache.findKept(digest);
    if (kept !== undefined) return this.judge(kept, required);
    // Only now: what the cache holds has proved its form, and junk must not reach the store.
    if (!isPlausibleToken(value)) return NOT_FOUND;
    const entry = this.cache.find(digest);
    return entry instanceof Promise
      ? entry.then((loaded) => this.judge(loaded, required))
      : this.judge(entry, required);
  }

  /** Counts a granted use; after the answer was made, which tells of the use before. */
  countUse(entry: ValidationEntry): void {
    this.usage.record(entry, this.clock.nowMs());
  }

  private judge(entry: ValidationEntry | undefined, required: readonly string[]): Verdict {
    if (entry === undefined) return NOT_FOUND;
    if (!entry.isActive) return { valid: false, reason: 'inactive', entry };
    if (entry.expiresAtMs <= this.clock.nowMs()) return { valid: false, reason: 'expired', entry };
    if (entry.isSuspended) return { valid: false, reason: 'account_suspended', entry };
    if (!entry.scopes.grantsAll(required)) return { valid: false, reason: 'scope', entry };
    return { valid: true, entry };
  }
}

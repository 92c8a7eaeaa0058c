import type { MessageOf } from '@tollgate/frp-wire';
import type { Log } from '@tollgate/observability';
import { networkOf } from '../tenants/login-network';

/** For how long nothing more is told of an address that was refused for the same reason, in milliseconds. */
const QUIET_MS = 60_000;
/** Lines in that time, of all addresses together. */
const MAX_LINES = 600;
/** What is kept of what a client says of itself, in characters. */
const MAX_TEXT = 64;

interface Told {
  readonly atMs: number;
  leftOut: number;
}

/** Tells of logins that are refused, which anybody can send by the thousand: one line a minute for each address and reason. */
export class RefusedLoginLog {
  /** By address and reason; the longest ago first. */
  private readonly told = new Map<string, Told>();
  private leftOut = 0;

  constructor(
    private readonly log: Log,
    /** Monotone milliseconds. */
    private readonly nowMs: () => number,
  ) {}

  refused(login: MessageOf<'login'>, result: string, address: string): void {
    const nowMs = this.nowMs();
    const key = `${result} ${networkOf(address)}`;
    const before = this.told.get(key);
    if (before !== undefined && nowMs - before.atMs < QUIET_MS) {
      before.leftOut += 1;
      return;
    }
    this.told.delete(key);
    this.leftOut += before?.leftOut ?? 0;
    this.forget(nowMs);
    if (this.told.size >= MAX_LINES) {
      this.leftOut += 1;
      return;
    }
    this.told.set(key, { atMs: nowMs, leftOut: 0 });
    const { leftOut } = this;
    this.leftOut = 0;
    this.log.info({ address, result, ...clientTexts(login), ...(leftOut === 0 ? {} : { leftOut }) }, 'login refused');
  }

  /** Those of whom something may be told again; what was left out of them is told with the next line. */
  private forget(nowMs: number): void {
    for (const [key, { atMs, leftOut }] of this.told) {
      if (nowMs - atMs < QUIET_MS) return;
      this.leftOut += leftOut;
      this.told.delete(key);
    }
  }
}

/** What a client calls itself, fit for the log: a message may have 10 KB of it. */
export function clientTexts({ user, version }: MessageOf<'login'>): { user: string; version: string } {
  return { user: user.slice(0, MAX_TEXT), version: version.slice(0, MAX_TEXT) };
}

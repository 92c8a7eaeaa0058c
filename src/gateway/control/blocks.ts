/** Most that are kept of one token; for one more that goes which would end first. */
const MAX_BLOCKS_PER_TOKEN = 1_000;
/** Tokens that something is kept of; the first to be named go first. */
const MAX_TOKENS = 10_000;
const SECOND_MS = 1_000;

/** What is refused: all clients of a token, one of them, or one of its proxies. Run ids and names are the clients' choice. */
export interface Blocked {
  readonly tokenId: string;
  readonly runId?: string | undefined;
  readonly proxy?: string | undefined;
}

/** Clients that were sent away and are not to come back at once: frpc tries again as soon as it is cut. */
export class Blocks {
  /** By token, so that nothing that one tenant does reaches another's: until when, by what it is. */
  private readonly byToken = new Map<string, Map<string, number>>();

  constructor(private readonly nowMs: () => number) {}

  /** @param seconds 0: it may come back at once */
  block(blocked: Blocked, seconds: number): void {
    if (seconds <= 0) return;
    const { tokenId } = blocked;
    const key = keyOf(blocked);
    const ofToken = this.byToken.get(tokenId) ?? new Map<string, number>();
    ofToken.set(key, this.nowMs() + seconds * SECOND_MS);
    if (ofToken.size > MAX_BLOCKS_PER_TOKEN) ofToken.delete(soonestOf(ofToken, key));
    this.byToken.delete(tokenId);
    this.byToken.set(tokenId, ofToken);
    if (this.byToken.size <= MAX_TOKENS) return;
    const [oldest] = this.byToken.keys();
    if (oldest !== undefined) this.byToken.delete(oldest);
  }

  isBlocked(blocked: Blocked): boolean {
    const { tokenId } = blocked;
    const ofToken = this.byToken.get(tokenId);
    const key = keyOf(blocked);
    const untilMs = ofToken?.get(key);
    if (ofToken === undefined || untilMs === undefined) return false;
    if (untilMs > this.nowMs()) return true;
    ofToken.delete(key);
    if (ofToken.size === 0) this.byToken.delete(tokenId);
    return false;
  }
}

function keyOf({ runId, proxy }: Blocked): string {
  if (proxy !== undefined) return `proxy/${proxy}`;
  return runId === undefined ? 'token' : `client/${runId}`;
}

/** @param last not this one, which was set last */
function soonestOf(ofToken: ReadonlyMap<string, number>, last: string): string {
  let soonest = last;
  let soonestMs = Number.POSITIVE_INFINITY;
  for (const [key, untilMs] of ofToken) {
    if (key === last || untilMs >= soonestMs) continue;
    soonest = key;
    soonestMs = untilMs;
  }
  return soonest;
}

import type { FailedLogins } from './failed-logins';
import { LoginKeyPass } from './login-key-pass';
import type { LoginKeyScan } from './login-key-scan';
import { networkOf } from './login-network';

/** How long a search may hold the process without letting others have their turn, in milliseconds. */
const SLICE_MS = 1;

export interface SearchLimits {
  /** Searches that wait or are under way. */
  readonly inTotal: number;
  /** The same for one address; of IPv6 for one /64. */
  readonly perAddress: number;
}

export const SEARCH_LIMITS: SearchLimits = { inTotal: 4_096, perAddress: 1_024 };

/** What a search needs of its surroundings. */
export interface SearchTurns {
  /** Monotone milliseconds. */
  readonly nowMs: () => number;
  /** Has the rest of the process do its work first. */
  readonly yieldTurn: () => Promise<void>;
}

export const PROCESS_TURNS: SearchTurns = {
  nowMs: () => performance.now(),
  yieldTurn: () =>
    new Promise((resolve) => {
      setImmediate(resolve);
    }),
};

/** A key to look for. */
export interface LoginKeyQuestion {
  /** In hex, as the client shows it. */
  readonly key: string;
  /** In seconds, as the client says it. */
  readonly timestamp: number;
  /** The client's. */
  readonly address: string;
}

/**
 * - `unknown`: no token made the key; it counts as a failed login
 * - `throttled`: not looked for, as too many logins have failed
 * - `full`: not looked for, as too many wait already
 */
export type SearchOutcome =
  { readonly kind: 'found'; readonly token: string } | { readonly kind: 'unknown' | 'throttled' | 'full' };

interface Search {
  readonly question: LoginKeyQuestion;
  readonly network: string;
  readonly settle: (outcome: SearchOutcome) => void;
}

/**
 * Looks for tokens by the keys of logins, a little at a time. One walk over the tokens serves all logins of the same second, as come
 * when thousands of clients are cut off at once; walks for other seconds follow, the addresses that wait taking turns.
 */
export class LoginSearch {
  private readonly waiting = new Map<string, Search[]>();
  private readonly counts = new Map<string, number>();
  private count = 0;
  private pass: LoginKeyPass | undefined;
  private isRunning = false;

  constructor(
    private readonly scan: LoginKeyScan,
    private readonly failures: FailedLogins,
    private readonly limits: SearchLimits = SEARCH_LIMITS,
    private readonly turns: SearchTurns = PROCESS_TURNS,
  ) {}

  /** Never rejects. */
  find(question: LoginKeyQuestion): Promise<SearchOutcome> {
    if (this.failures.isBlocked(question.address)) return Promise.resolve({ kind: 'throttled' });
    const network = networkOf(question.address);
    const fromThere = this.counts.get(network) ?? 0;
    if (this.count >= this.limits.inTotal || fromThere >= this.limits.perAddress) {
      return Promise.resolve({ kind: 'full' });
    }
    this.counts.set(network, fromThere + 1);
    this.count += 1;
    return new Promise((resolve) => {
      const settle = (outcome: SearchOutcome): void => {
        this.countOut(network);
        resolve(outcome);
      };
      this.take({ question, network, settle });
    });
  }

  private take(search: Search): void {
    const mayJoin = this.pass?.timestamp === search.question.timestamp && this.pass.takesMore;
    if (mayJoin && this.pass !== undefined && this.begin(search, this.pass)) return;
    const others = this.waiting.get(search.network);
    if (others === undefined) this.waiting.set(search.network, [search]);
    else others.push(search);
    if (!this.isRunning) void this.run();
  }

  private async run(): Promise<void> {
    const { nowMs, yieldTurn } = this.turns;
    this.isRunning = true;
    // Those that come in the same turn go along from the start.
    await yieldTurn();
    let beganMs = nowMs();
    for (this.pass = this.nextPass(); this.pass !== undefined; this.pass = this.nextPass()) {
      while (!this.pass.isOver) {
        this.pass.step();
        if (nowMs() - beganMs < SLICE_MS) continue;
        await yieldTurn();
        beganMs = nowMs();
      }
    }
    this.isRunning = false;
  }

  /** For the address whose turn it is, and everybody else with the same timestamp. */
  private nextPass(): LoginKeyPass | undefined {
    const [next] = this.waiting;
    const [leader] = next?.[1] ?? [];
    if (next === undefined || leader === undefined) return undefined;
    const { timestamp } = leader.question;
    const pass = new LoginKeyPass(this.scan, timestamp);
    const [network, ofNetwork] = next;
    this.waiting.delete(network);
    this.waiting.set(network, ofNetwork);
    for (const [name, searches] of [...this.waiting]) {
      const left = searches.filter((search) => search.question.timestamp !== timestamp || !this.begin(search, pass));
      if (left.length === 0) this.waiting.delete(name);
      else this.waiting.set(name, left);
    }
    return pass;
  }

  /** @returns false when it has to wait for a later walk */
  private begin({ question, settle }: Search, pass: LoginKeyPass): boolean {
    const { key, address } = question;
    const answer = this.failures.beginTry(address);
    if (answer === 'blocked') settle({ kind: 'throttled' });
    if (answer !== 'go') return answer === 'blocked';
    pass.join({
      key,
      done: (token) => {
        this.failures.endTry(address, token === undefined);
        settle(token === undefined ? { kind: 'unknown' } : { kind: 'found', token });
      },
    });
    return true;
  }

  private countOut(network: string): void {
    const fromThere = (this.counts.get(network) ?? 1) - 1;
    if (fromThere > 0) this.counts.set(network, fromThere);
    else this.counts.delete(network);
    this.count -= 1;
  }
}

import { ConnectionLoad, type LoadAnswer, validateRequest } from './connection-load';
import { eventually } from './eventually';

/** A token to be revoked. */
export interface RevocableToken {
  readonly id: string;
  readonly value: string;
}

/** How one revocation went. */
export interface Revocation {
  /** From the answer of the change to the last `valid:true` received anywhere, whenever asked for; 0 when there was none. */
  readonly lastReceivedMs: number;
  /** From the answer of the change to the sending of the last request that passed; 0 or less: none was sent after it. */
  readonly lastSentMs: number;
  /** Requests sent after the answer of the change that passed, by process. */
  readonly passedLate: readonly number[];
}

interface Watched extends RevocableToken {
  readonly request: string;
  /** By process. */
  readonly passed: number[];
  readonly passedLate: number[];
  readonly refusedLate: number[];
  revokedMs: number | undefined;
  lastReceivedMs: number;
  lastSentMs: number;
}

/** Room for a token to be seen everywhere before it is revoked. */
const VALID_WITHIN_MS = 10_000;
/** One request in so many asks for a token that has been revoked long ago. */
const EVERY_LOOK_BACK = 4;

/**
 * Asks several processes for the same tokens without a pause, one token after the other, while each is revoked, and notes
 * when it passed last. Revoked tokens are asked for until the end, so that one that comes back is seen too.
 *
 * All times are of this process's clock, and those of its event loop: an answer counts as received when its bytes are
 * read here. A busy loop reads late both the answer of the change and those of validations, each by at most one turn.
 */
export class RevocationWatch {
  private readonly watched: readonly Watched[];
  private readonly byRequest: ReadonlyMap<string, Watched>;
  private readonly loads: readonly ConnectionLoad[];
  private readonly unexpected = new Set<string>();
  private current = 0;
  private asked = 0;

  /**
   * @param urls of the processes
   * @param connections that ask, for each process
   * @param tokens valid ones, in the order in which they will be revoked
   */
  constructor(
    private readonly urls: readonly string[],
    connections: number,
    tokens: readonly RevocableToken[],
  ) {
    const zeros = (): number[] => urls.map(() => 0);
    this.watched = tokens.map((token) => ({
      ...token,
      request: validateRequest(token.value),
      passed: zeros(),
      passedLate: zeros(),
      refusedLate: zeros(),
      revokedMs: undefined,
      lastReceivedMs: 0,
      lastSentMs: 0,
    }));
    this.byRequest = new Map(this.watched.map((one) => [one.request, one]));
    this.loads = urls.map(
      (url, index) =>
        new ConnectionLoad({
          url,
          connections,
          request: () => this.nextRequest(),
          onAnswer: (answer) => {
            this.take(index, answer);
          },
        }),
    );
  }

  /**
   * Revokes the next token, once it is valid everywhere.
   * @param revoke resolves with the answer of the change
   * @param withinMs the bound after which a token that still passes somewhere is the test's failure
   */
  async next(revoke: (token: RevocableToken) => Promise<void>, withinMs: number): Promise<void> {
    const one = this.at(this.current);
    await eventually(VALID_WITHIN_MS, async () => this.everywhere(one.passed, 'has not passed'));
    await revoke(one);
    one.revokedMs = performance.now();
    await eventually(withinMs, async () => this.everywhere(one.refusedLate, 'has not been refused'));
    this.current += 1;
  }

  /** Ends the asking. @returns what became of the tokens revoked, in their order */
  async end(): Promise<readonly Revocation[]> {
    await Promise.all(this.loads.map(async (load) => load.stop()));
    const broken = this.loads.reduce((sum, load) => sum + load.broken, 0);
    if (broken > 0) this.unexpected.add(`${String(broken)} connections were cut`);
    if (this.unexpected.size > 0) throw new Error([...this.unexpected].join('\n'));
    return this.watched.slice(0, this.current).map(({ revokedMs = 0, lastReceivedMs, lastSentMs, passedLate }) => ({
      lastReceivedMs: Math.max(0, lastReceivedMs - revokedMs),
      lastSentMs: lastSentMs - revokedMs,
      passedLate,
    }));
  }

  private at(index: number): Watched {
    const one = this.watched[index];
    if (one === undefined) throw new Error('more revocations than tokens');
    return one;
  }

  private nextRequest(): string {
    this.asked += 1;
    const last = this.watched.length - 1;
    const looksBack = this.asked % EVERY_LOOK_BACK === 0 && this.current > 0;
    const index = looksBack ? Math.floor(this.asked / EVERY_LOOK_BACK) % this.current : Math.min(this.current, last);
    return this.at(index).request;
  }

  private take(process: number, { request, status, body, sentMs, receivedMs }: LoadAnswer): void {
    const one = this.byRequest.get(request);
    if (one === undefined) throw new Error('an answer to a question that was not asked');
    const isLate = one.revokedMs !== undefined && sentMs > one.revokedMs;
    const count = (by: number[]): void => {
      by[process] = (by[process] ?? 0) + 1;
    };
    if (status === 200 && body.includes('"valid":true')) {
      count(isLate ? one.passedLate : one.passed);
      one.lastReceivedMs = receivedMs;
      one.lastSentMs = Math.max(one.lastSentMs, sentMs);
    } else if (status === 401 && body.includes('Token is inactive')) {
      if (isLate) count(one.refusedLate);
    } else {
      this.unexpected.add(`status ${String(status)} from process ${String(process)}: ${body.slice(0, 200)}`);
    }
  }

  private everywhere(counts: readonly number[], lacking: string): Promise<void> {
    const missing = this.urls.filter((_, index) => (counts[index] ?? 0) === 0);
    return missing.length === 0
      ? Promise.resolve()
      : Promise.reject(new Error(`token ${String(this.current + 1)} ${lacking} by ${missing.join(' and ')}`));
  }
}

/** The value that so much of all values do not exceed, such as 0.99; of none: 0. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? 0;
}

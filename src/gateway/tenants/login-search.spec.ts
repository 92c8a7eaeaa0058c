import { loginKey } from '@tollgate/frp-wire';
import { FailedLogins } from './failed-logins';
import { LoginKeyScan } from './login-key-scan';
import { LoginSearch, type SearchOutcome, type SearchTurns } from './login-search';

const SECONDS = 1_753_300_000;
const TOKENS = Array.from({ length: 5_000 }, (_, i) => `token-${String(i).padStart(4, '0')}`);

/** A clock by which each look takes as long as a slice may, and turns that end when they are told to. */
class ManualTurns implements SearchTurns {
  private ms = 0;
  private readonly waiting: (() => void)[] = [];
  taken = 0;

  readonly nowMs = (): number => (this.ms += 1);

  readonly yieldTurn = (): Promise<void> =>
    new Promise((resolve) => {
      this.waiting.push(resolve);
    });

  async next(): Promise<void> {
    this.taken += 1;
    for (const resume of this.waiting.splice(0)) resume();
    await new Promise(setImmediate);
  }

  async until(done: Promise<unknown>): Promise<void> {
    const state = { isDone: false };
    void done.then(() => {
      state.isDone = true;
    });
    while (!state.isDone) await this.next();
  }
}

describe('LoginSearch', () => {
  let turns: ManualTurns;
  let failures: FailedLogins;
  let scan: LoginKeyScan;

  beforeEach(() => {
    turns = new ManualTurns();
    failures = new FailedLogins({ perAddress: 3, inTotal: 100 }, () => 0);
    scan = new LoginKeyScan();
    for (const token of TOKENS) scan.add(token);
  });

  const searchWith = (limits = { inTotal: 100, perAddress: 50 }): LoginSearch =>
    new LoginSearch(scan, failures, limits, turns);

  function ask(
    search: LoginSearch,
    token: string,
    { timestamp = SECONDS, address = '192.0.2.1' } = {},
  ): Promise<SearchOutcome> {
    return search.find({ key: loginKey(token, timestamp), timestamp, address });
  }

  const last = TOKENS[4_999] ?? '';

  it('gives others their turn after each slice, and none is longer than a step once its time is over', async () => {
    const found = ask(searchWith(), last);
    await turns.until(found);
    await expect(found).resolves.toEqual({ kind: 'found', token: last });
    // The clock stands at the end of a slice after each step of 256.
    expect(turns.taken).toBeGreaterThan(5_000 / 256);
  });

  it('serves a hundred of one second in the time of one', async () => {
    const one = ask(searchWith(), last);
    await turns.until(one);
    const alone = turns.taken;
    turns.taken = 0;
    const search = searchWith();
    const many = TOKENS.slice(-40).map((token, i) => ask(search, token, { address: `198.51.100.${String(i)}` }));
    await turns.until(Promise.all(many));
    expect(turns.taken).toBeLessThanOrEqual(alone + 1);
    expect(await Promise.all(many)).toEqual(TOKENS.slice(-40).map((token) => ({ kind: 'found', token })));
  });

  it('takes along one that comes while it walks', async () => {
    const search = searchWith();
    const first = ask(search, last);
    for (let i = 0; i < 10; i += 1) await turns.next();
    const late = ask(search, TOKENS[0] ?? '', { address: '192.0.2.2' });
    await turns.until(Promise.all([first, late]));
    await expect(late).resolves.toEqual({ kind: 'found', token: TOKENS[0] });
    expect(turns.taken).toBeLessThan(45);
  });

  it.each([
    ['in total', { inTotal: 2, perAddress: 50 }, ['192.0.2.1', '192.0.2.2', '192.0.2.3']],
    ['of one address', { inTotal: 50, perAddress: 2 }, ['192.0.2.1', '192.0.2.1', '192.0.2.1']],
    ['of one /64', { inTotal: 50, perAddress: 2 }, ['2001:db8::1', '2001:db8::2', '2001:db8::3']],
  ])('refuses the one that is too much %s, and takes the next when another one is over', async (_of, limits, from) => {
    const search = searchWith(limits);
    const [first, second, third] = from.map((address) => ask(search, last, { address }));
    await expect(third).resolves.toEqual({ kind: 'full' });
    await turns.until(Promise.all([first, second]));
    const again = ask(search, last, { address: from[2] ?? '' });
    await turns.until(again);
    await expect(again).resolves.toEqual({ kind: 'found', token: last });
  });

  it('lets no more fail than may, however many come at once', async () => {
    const search = searchWith();
    const outcomes = Array.from({ length: 10 }, () => ask(search, 'wrong'));
    await turns.until(Promise.all(outcomes));
    const kinds = (await Promise.all(outcomes)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'unknown')).toHaveLength(3);
    expect(kinds.filter((kind) => kind === 'throttled')).toHaveLength(7);
    await expect(ask(search, last)).resolves.toEqual({ kind: 'throttled' });
  });

  it('finds all of many good ones that come at once from one address, whose failures are few', async () => {
    const search = searchWith();
    const outcomes = TOKENS.slice(0, 40).map((token) => ask(search, token));
    await turns.until(Promise.all(outcomes));
    expect((await Promise.all(outcomes)).every(({ kind }) => kind === 'found')).toBe(true);
  });

  it('serves addresses in turn, so that one that asks for much keeps no other waiting', async () => {
    failures.setLimits({ perAddress: 50, inTotal: 100 });
    const search = searchWith();
    const order: string[] = [];
    const flood = Array.from({ length: 20 }, (_, i) =>
      ask(search, 'wrong', { timestamp: SECONDS + 1 + i, address: '192.0.2.9' }).then(() => order.push('flood')),
    );
    const good = ask(search, last, { timestamp: SECONDS + 100 }).then(() => order.push('good'));
    await turns.until(Promise.all([...flood, good]));
    expect(order.indexOf('good')).toBeLessThanOrEqual(1);
  });
});

import { CidrList } from '@tollgate/config';
import {
  type Change,
  ChangeFeed,
  type TokenCredential,
  TokenRepository,
  hashToken,
  newBearerToken,
} from '@tollgate/domain';
import { type Decision, MemoryCounterStore, MemoryRateLimiter, RateLimiter, type Subject } from '@tollgate/limiter';
import { FakeClock, buildToken } from '@tollgate/testing';
import { AddressLimits, AddressThrottle } from '../rate-limits/address-throttle.service';
import { LimitPolicy } from '../rate-limits/limit-policy';
import type { UsageMeter } from './usage-meter.service';
import { ValidationCache, ValidationCacheOptions } from './validation-cache.service';
import type { ValidationLog } from './validation-log.service';
import { type ValidationQuestion, ValidationService } from './validation.service';
import type { GrantedVerdict, Verdict } from './verdict';

const VALUE = newBearerToken('sk');
const UNKNOWN_PER_MINUTE = 3;

class Feed extends ChangeFeed {
  override readonly latencyMs = 100;
  private listener: (change: Change) => void = () => undefined;

  override subscribe(listener: (change: Change) => void): () => void {
    this.listener = listener;
    return () => undefined;
  }

  tell(change: Change): void {
    this.listener(change);
  }
}

/** Counters that answer when the test says so. */
class SlowLimiter extends RateLimiter {
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly inner: MemoryRateLimiter) {
    super();
  }

  override take(subjects: readonly Subject[]): Promise<Decision> {
    const decision = this.inner.take(subjects);
    return new Promise((resolve) => {
      this.waiting.push(() => {
        resolve(decision);
      });
    });
  }

  override look(subjects: readonly Subject[]): Decision {
    return this.inner.look(subjects);
  }

  override close(): Promise<void> {
    return this.inner.close();
  }

  answer(): void {
    for (const resume of this.waiting.splice(0)) resume();
  }
}

describe('ValidationService', () => {
  const clock = new FakeClock();
  const feed = new Feed();
  let stored: TokenCredential | undefined;
  let asked: number;
  let limiter: SlowLimiter;
  let service: ValidationService;
  let lookUp: () => Promise<TokenCredential | undefined>;

  const credential = (isActive = true): TokenCredential => ({
    token: buildToken({
      id: 'tk_1',
      accountId: 'acc_1',
      hash: hashToken(VALUE),
      scopes: ['a:b'],
      isActive,
      rateLimit: { requestsPerMinute: 5 },
    }),
    account: { status: 'active' },
  });
  const question = (token: string | undefined = VALUE): ValidationQuestion => ({
    token,
    scopes: ['a:b'],
    nowMs: clock.nowMs(),
    fresh: false,
    caller: () => ({ ip: '192.0.2.1', userAgent: '' }),
  });

  beforeEach(() => {
    stored = credential();
    asked = 0;
    lookUp = (): Promise<TokenCredential | undefined> => Promise.resolve(stored);
    const tokens = Object.assign(Object.create(TokenRepository.prototype) as TokenRepository, {
      findCredentialByHash: (): Promise<TokenCredential | undefined> => {
        asked += 1;
        return lookUp();
      },
    });
    limiter = new SlowLimiter(new MemoryRateLimiter(new MemoryCounterStore(clock)));
    const policy = new LimitPolicy({ app: undefined, accounts: true, tokens: true });
    const cache = new ValidationCache(tokens, clock, policy, feed, new ValidationCacheOptions(100, 5_000));
    const perMinute = {
      register: 9,
      public: 9,
      'upload-token': 9,
      'operator-failure': 9,
      'unknown-token': UNKNOWN_PER_MINUTE,
    };
    const strangers = new MemoryRateLimiter(new MemoryCounterStore(clock));
    const addresses = new AddressThrottle(new AddressLimits(perMinute, new CidrList([])), strangers, clock);
    const nobody = { record: () => undefined };
    const usage = nobody as unknown as UsageMeter;
    const log = nobody as unknown as ValidationLog;
    service = new ValidationService(cache, policy, limiter, addresses, usage, log, clock);
  });

  const turn = async (): Promise<void> =>
    new Promise((resolve) => {
      setImmediate(resolve);
    });
  const granted = async (): Promise<GrantedVerdict> => {
    const verdict = Promise.resolve(service.validate(question()));
    await turn();
    limiter.answer();
    const settled = await verdict;
    if (settled.kind !== 'valid') throw new Error(settled.kind);
    return settled;
  };

  it.each<[string, () => TokenCredential | undefined, Change, string]>([
    ['revoked', () => credential(false), { kind: 'token', tokenHash: hashToken(VALUE).toString('hex') }, 'inactive'],
    ['deleted', () => undefined, { kind: 'token', tokenHash: hashToken(VALUE).toString('hex') }, 'not_found'],
    [
      'suspended with its account',
      () => ({ ...credential(), account: { status: 'suspended' } }),
      { kind: 'account', accountId: 'acc_1' },
      'account_suspended',
    ],
  ] as const)(
    'does not let a token pass that was %s while its limits were asked for',
    async (_, after, change, reason) => {
      const verdict = Promise.resolve(service.validate(question()));
      await turn();
      stored = after();
      feed.tell(change);
      limiter.answer();
      expect(await verdict).toMatchObject({ kind: 'refused', reason });
    },
  );

  it('does not let a token pass that was revoked while something else was waited for', async () => {
    const verdict = await granted();
    stored = credential(false);
    feed.tell({ kind: 'token', tokenHash: hashToken(VALUE).toString('hex') });
    expect(await service.confirm(verdict, question())).toMatchObject({ kind: 'refused', reason: 'inactive' });
  });

  it('confirms at once, and takes nothing twice, when another token was changed meanwhile', async () => {
    const verdict = await granted();
    feed.tell({ kind: 'token', tokenHash: 'ff'.repeat(32) });
    expect(await service.confirm(verdict, question())).toBe(verdict);
    expect((await granted()).limits?.decision.states[0]).toMatchObject({ remaining: 3 });
    expect(asked).toBe(1);
  });

  it('asks the store for no more unknown tokens of one address at once than it may show in a minute', async () => {
    let answer: (found: undefined) => void = () => undefined;
    const held = new Promise<undefined>((resolve) => {
      answer = resolve;
    });
    lookUp = async () => held;
    const verdicts = Array.from({ length: 10 }, async (): Promise<Verdict> =>
      service.validate(question(newBearerToken('sk'))),
    );
    expect(asked).toBe(UNKNOWN_PER_MINUTE);
    answer(undefined);
    const kinds = (await Promise.all(verdicts)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'refused')).toHaveLength(UNKNOWN_PER_MINUTE);
    expect(kinds.filter((kind) => kind === 'throttled')).toHaveLength(10 - UNKNOWN_PER_MINUTE);
  });

  it('lets many requests with one good token of one address wait for the same answer of the store', async () => {
    const verdicts = Array.from({ length: 5 }, async (): Promise<Verdict> => service.validate(question()));
    await turn();
    limiter.answer();
    expect((await Promise.all(verdicts)).map(({ kind }) => kind)).toEqual(Array.from({ length: 5 }, () => 'valid'));
    expect(asked).toBe(1);
  });

  it('lets an address ask again when the store has answered or failed', async () => {
    lookUp = async () => Promise.reject(new Error('gone'));
    for (let turns = 0; turns < UNKNOWN_PER_MINUTE + 1; turns += 1) {
      await expect(service.validate(question())).rejects.toThrow('gone');
    }
    expect(asked).toBe(UNKNOWN_PER_MINUTE + 1);
  });
});

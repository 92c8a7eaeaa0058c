import { type Change, ChangeFeed, type TokenCredential, TokenRepository, type TollgateError } from '@tollgate/domain';
import { FakeClock, buildToken } from '@tollgate/testing';
import { LimitPolicy } from '../rate-limits/limit-policy';
import { ValidationCache, ValidationCacheOptions } from './validation-cache.service';
import type { ValidationEntry } from './validation-entry';

const HASH = 'ab'.repeat(32);
const OTHER_HASH = 'cd'.repeat(32);
const TTL_MS = 5_000;
const TTL_WITH_FEED_MS = 60_000;

class Feed extends ChangeFeed {
  private readonly listeners = new Set<(change: Change) => void>();

  constructor(override readonly latencyMs: number | undefined) {
    super();
  }

  get subscribers(): number {
    return this.listeners.size;
  }

  override subscribe(listener: (change: Change) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  tell(change: Change): void {
    for (const listener of this.listeners) listener(change);
  }
}

/** A store whose look-ups read at once, and answer when the test says so. */
class SlowTokens {
  /** What a look-up that begins now will see. */
  readonly stored = new Map<string, TokenCredential>();
  readonly asked: string[] = [];
  private readonly waiting: (() => void)[] = [];
  held = false;

  asRepository(): TokenRepository {
    return Object.assign(Object.create(TokenRepository.prototype) as TokenRepository, {
      findCredentialByHash: this.find.bind(this),
    });
  }

  /** Lets the look-ups answer that have begun so far. */
  answer(): void {
    for (const resume of this.waiting.splice(0)) resume();
  }

  private async find(hash: Buffer): Promise<TokenCredential | undefined> {
    const id = hash.toString('hex');
    this.asked.push(id);
    const seen = this.stored.get(id);
    if (this.held) await new Promise<void>((resolve) => this.waiting.push(resolve));
    return seen;
  }
}

const credential = (accountId = 'acc_1', isActive = true): TokenCredential => ({
  token: buildToken({ id: 'tk_1', accountId, isActive }),
  account: { status: 'active' },
});

describe('ValidationCache', () => {
  let clock: FakeClock;
  let feed: Feed;
  let tokens: SlowTokens;
  let cache: ValidationCache;

  function open(options: { latencyMs?: number | undefined; maxTokens?: number }): void {
    const { maxTokens = 1_000 } = options;
    const latencyMs = 'latencyMs' in options ? options.latencyMs : 100;
    clock = new FakeClock();
    feed = new Feed(latencyMs);
    tokens = new SlowTokens();
    tokens.stored.set(HASH, credential());
    const limits = new LimitPolicy({ app: undefined, accounts: true, tokens: true });
    const bounds = new ValidationCacheOptions(maxTokens, TTL_MS);
    cache = new ValidationCache(tokens.asRepository(), clock, limits, feed, bounds);
  }
  beforeEach(() => {
    open({});
  });

  const find = async (hash = HASH): Promise<ValidationEntry | undefined> => cache.find(hash);
  /** Enough turns for every promise that can go on to have gone on. */
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  };
  const revoke = (): void => {
    tokens.stored.set(HASH, credential('acc_1', false));
    feed.tell({ kind: 'token', tokenHash: HASH });
  };

  it('asks the store once for a token, then answers at once', async () => {
    expect((await find())?.tokenId).toBe('tk_1');
    expect(cache.find(HASH)).not.toBeInstanceOf(Promise);
    expect(tokens.asked).toHaveLength(1);
  });

  it('asks the store once for many look-ups at once', async () => {
    tokens.held = true;
    const found = Array.from({ length: 20 }, async () => find());
    tokens.answer();
    expect(new Set(await Promise.all(found)).size).toBe(1);
    expect(tokens.asked).toHaveLength(1);
  });

  it('remembers that there is no such token', async () => {
    expect(await find(OTHER_HASH)).toBeUndefined();
    expect(cache.find(OTHER_HASH)).toBeUndefined();
    expect(tokens.asked).toHaveLength(1);
  });

  describe('a change of the token', () => {
    it('counts from the next look-up on', async () => {
      await find();
      revoke();
      expect((await find())?.isActive).toBe(false);
    });

    it('that lands while a load runs is seen by everybody who waits for that load', async () => {
      tokens.held = true;
      const found = find();
      revoke();
      tokens.answer();
      await settle();
      tokens.answer();
      expect((await found)?.isActive).toBe(false);
    });

    it('is seen by whoever asks after it while an older load still runs', async () => {
      tokens.held = true;
      const before = find();
      revoke();
      const after = find();
      tokens.answer();
      await settle();
      tokens.answer();
      expect([(await before)?.isActive, (await after)?.isActive]).toEqual([false, false]);
      expect((await find())?.isActive).toBe(false);
    });

    it('is not lost when several land during one load', async () => {
      tokens.held = true;
      const found = find();
      for (let round = 0; round < 3; round += 1) {
        feed.tell({ kind: 'token', tokenHash: HASH });
        tokens.answer();
        await settle();
      }
      revoke();
      tokens.answer();
      await settle();
      tokens.answer();
      expect((await found)?.isActive).toBe(false);
    });

    it('makes a token known that was unknown, also while that was being found out', async () => {
      tokens.held = true;
      const found = find(OTHER_HASH);
      tokens.stored.set(OTHER_HASH, credential());
      feed.tell({ kind: 'token', tokenHash: OTHER_HASH });
      tokens.answer();
      await settle();
      tokens.answer();
      expect((await found)?.tokenId).toBe('tk_1');
    });

    it('does not disturb other tokens', async () => {
      await find();
      feed.tell({ kind: 'token', tokenHash: OTHER_HASH });
      await find();
      expect(tokens.asked).toHaveLength(1);
    });

    it('gives up with a clear refusal when there is no end of changes', async () => {
      tokens.held = true;
      const found = find().catch((error: unknown) => error as TollgateError);
      for (let round = 0; round < 30; round += 1) {
        feed.tell({ kind: 'token', tokenHash: HASH });
        tokens.answer();
        await settle();
      }
      expect(await found).toMatchObject({ code: 'unavailable', retryAfterSeconds: 1 });
      tokens.held = false;
      expect((await find())?.tokenId).toBe('tk_1');
    });
  });

  describe('a change of the account', () => {
    const suspend = (): void => {
      tokens.stored.set(HASH, { ...credential(), account: { status: 'suspended' } });
      feed.tell({ kind: 'account', accountId: 'acc_1' });
    };

    it('counts for all its tokens from the next look-up on', async () => {
      await find();
      suspend();
      expect((await find())?.isSuspended).toBe(true);
    });

    it('that lands while a load runs is not answered over', async () => {
      tokens.held = true;
      const found = find();
      suspend();
      tokens.answer();
      await settle();
      tokens.answer();
      expect((await found)?.isSuspended).toBe(true);
    });

    it('does not disturb other accounts, nor what is loaded after it', async () => {
      await find();
      feed.tell({ kind: 'account', accountId: 'acc_2' });
      await find();
      expect(tokens.asked).toHaveLength(1);
      suspend();
      await find();
      await find();
      expect(tokens.asked).toHaveLength(2);
    });

    it('is not forgotten among thousands of others', async () => {
      await find();
      suspend();
      for (let other = 0; other < 25_000; other += 1)
        feed.tell({ kind: 'account', accountId: `acc_x${String(other)}` });
      expect((await find())?.isSuspended).toBe(true);
    });
  });

  describe('"changes may have been missed"', () => {
    it('forgets everything', async () => {
      await find();
      await find(OTHER_HASH);
      tokens.stored.set(OTHER_HASH, credential());
      feed.tell({ kind: 'all' });
      expect((await find())?.tokenId).toBe('tk_1');
      expect((await find(OTHER_HASH))?.tokenId).toBe('tk_1');
      expect(tokens.asked).toHaveLength(4);
    });

    it.each([HASH, OTHER_HASH])('is not answered over by a load that runs, of %s', async (hash) => {
      tokens.held = true;
      const found = find(hash);
      tokens.stored.set(hash, credential('acc_1', false));
      feed.tell({ kind: 'all' });
      tokens.answer();
      await settle();
      tokens.answer();
      expect((await found)?.isActive).toBe(false);
    });
  });

  describe('age', () => {
    it.each([
      ['where the store tells of changes', 100, TTL_WITH_FEED_MS],
      ['where it tells nothing', undefined, TTL_MS],
    ])('bounds what is known %s', async (_, latencyMs, ttlMs) => {
      open({ latencyMs });
      await find();
      await find(OTHER_HASH);
      clock.advance(ttlMs - 1);
      await find();
      await find(OTHER_HASH);
      expect(tokens.asked).toHaveLength(2);
      clock.advance(1);
      await find();
      await find(OTHER_HASH);
      expect(tokens.asked).toHaveLength(4);
    });

    it('is counted from when the store was asked, not from when it answered', async () => {
      open({ latencyMs: undefined });
      tokens.held = true;
      const found = find();
      clock.advance(TTL_MS - 1);
      tokens.held = false;
      tokens.answer();
      await found;
      clock.advance(1);
      await find();
      expect(tokens.asked).toHaveLength(2);
    });

    it('is unknown, and so too old, once the clock has gone back behind it', async () => {
      await find();
      clock.advance(-1);
      await find();
      expect(tokens.asked).toHaveLength(2);
    });
  });

  describe('a fresh look', () => {
    const fresh = async (hash = HASH): Promise<ValidationEntry | undefined> => cache.findFresh(hash);

    it('asks the store for a token that is kept, at most once a second', async () => {
      await find();
      tokens.stored.set(HASH, credential('acc_1', false));
      clock.advance(999);
      expect((await fresh())?.isActive).toBe(true);
      clock.advance(1);
      expect((await fresh())?.isActive).toBe(false);
      await fresh();
      expect(tokens.asked).toHaveLength(2);
    });

    it('is not had for what is known not to exist', async () => {
      await fresh(OTHER_HASH);
      clock.advance(1_000);
      await fresh(OTHER_HASH);
      expect(tokens.asked).toHaveLength(1);
    });

    it('finds out that a token is gone', async () => {
      await find();
      tokens.stored.delete(HASH);
      clock.advance(1_000);
      expect(await fresh()).toBeUndefined();
      expect(await find()).toBeUndefined();
      expect(cache.wasKnown(HASH)).toBe(false);
    });
  });

  it('tells a token that is only too old from one that nobody ever had', async () => {
    await find();
    await find(OTHER_HASH);
    clock.advance(TTL_WITH_FEED_MS);
    expect([cache.wasKnown(HASH), cache.wasKnown(OTHER_HASH)]).toEqual([true, false]);
  });

  it('remembers that a token was known over a change of it, and over "changes may have been missed"', async () => {
    await find();
    revoke();
    expect(cache.wasKnown(HASH)).toBe(true);
    feed.tell({ kind: 'all' });
    expect(cache.wasKnown(HASH)).toBe(true);
  });

  it.each([
    ['its token', { kind: 'token', tokenHash: HASH }],
    ['its account', { kind: 'account', accountId: 'acc_1' }],
    ['anything', { kind: 'all' }],
  ] as const)('tells whoever holds an entry that %s was changed', async (_, change) => {
    const entry = await find();
    if (entry === undefined) throw new Error('not found');
    expect(cache.isCurrent(entry)).toBe(true);
    feed.tell(change);
    expect(cache.isCurrent(entry)).toBe(false);
    const again = await find();
    expect(again !== undefined && cache.isCurrent(again)).toBe(true);
  });

  it('asks for a fresh look at most once a second also when the store does not answer', async () => {
    await find();
    clock.advance(1_000);
    const failing = jest.spyOn(tokens.stored, 'get').mockImplementation(() => {
      throw new Error('the store is away');
    });
    await expect(cache.findFresh(HASH)).rejects.toThrow('the store is away');
    await cache.findFresh(HASH);
    failing.mockRestore();
    expect(tokens.asked).toHaveLength(2);
  });

  it('counts what it did', async () => {
    await find();
    await find();
    await find(OTHER_HASH);
    await find(OTHER_HASH);
    expect(cache.stats).toEqual({ size: 1, hits: 1, misses: 2, negativeHits: 1, loads: 2, changes: 0 });
  });

  it('keeps no more tokens than it may, and strangers push none of them out', async () => {
    open({ maxTokens: 2 });
    for (const hash of [HASH, OTHER_HASH]) tokens.stored.set(hash, credential());
    await find();
    await find(OTHER_HASH);
    for (let guess = 0; guess < 100; guess += 1) await find(guess.toString(16).padStart(64, '0'));
    const asked = tokens.asked.length;
    await find();
    await find(OTHER_HASH);
    expect(tokens.asked).toHaveLength(asked);
  });

  it('does not remember a look-up that failed', async () => {
    const failing = jest.spyOn(tokens.stored, 'get').mockImplementationOnce(() => {
      throw new Error('the store went away');
    });
    await expect(find()).rejects.toThrow('the store went away');
    failing.mockRestore();
    expect((await find())?.tokenId).toBe('tk_1');
  });

  it('stops listening when the process ends', () => {
    cache.onModuleDestroy();
    expect(feed.subscribers).toBe(0);
  });
});

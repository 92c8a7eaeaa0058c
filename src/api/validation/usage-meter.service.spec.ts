import { TokenRepository, type UsageBatch, type UsageResult } from '@tollgate/domain';
import type { Log } from '@tollgate/observability';
import { UsageCounter } from './usage-counter';
import { type MeteredToken, UsageMeter } from './usage-meter.service';

const HOUR_MS = 3_600_000;
const HOUR = Date.parse('2026-01-05T00:00:00.000Z') / HOUR_MS;
const NOW_MS = HOUR * HOUR_MS;

/** A store that can be slow or away, counts each batch id once, and keeps what it was told, refused batches included. */
class Tokens {
  readonly told: UsageBatch[] = [];
  readonly written: UsageBatch[] = [];
  failing = false;
  /** Writes that are counted, but reported as failed: an answer that got lost. */
  losingAnswers = false;
  private gate: Promise<void> = Promise.resolve();

  asRepository(): TokenRepository {
    return Object.assign(Object.create(TokenRepository.prototype) as TokenRepository, {
      recordUsage: this.record.bind(this),
    });
  }

  /** The next writes wait until the returned function is called. */
  hold(): () => void {
    let open = (): void => undefined;
    this.gate = new Promise((resolve) => {
      open = resolve;
    });
    return open;
  }

  total(tokenId: string, result: UsageResult = 'valid', hour?: number): number {
    return this.written
      .flatMap(({ entries }) => entries)
      .filter((usage) => usage.tokenId === tokenId && (hour === undefined || usage.hour === hour))
      .reduce((sum, { counts }) => sum + (counts[result] ?? 0), 0);
  }

  private async record(batch: UsageBatch): Promise<void> {
    await this.gate;
    const copy = structuredClone(batch);
    this.told.push(copy);
    if (this.failing) throw new Error('the store is away');
    if (!this.written.some(({ id }) => id === batch.id)) this.written.push(copy);
    if (this.losingAnswers) throw new Error('the connection broke');
  }
}

describe('UsageMeter', () => {
  let tokens: Tokens;
  let log: { readonly [level in keyof Log]: jest.Mock };
  let meter: UsageMeter;

  beforeEach(() => {
    tokens = new Tokens();
    log = { debug: jest.fn(), info: jest.fn(), warn: jest.fn(), error: jest.fn() };
    meter = new UsageMeter(tokens.asRepository(), log);
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const token = (tokenId = 'tk_1'): MeteredToken => ({ accountId: 'acc_1', tokenId, use: new UsageCounter() });
  const useMany = (count: number, from = 0): void => {
    for (let number = from; number < from + count; number += 1) {
      meter.record(token(`tk_${String(number)}`), 'valid', NOW_MS);
    }
  };

  it('writes one sum per token, with the time of the last use', async () => {
    const [one, two] = [token('tk_1'), token('tk_2')];
    for (let use = 0; use < 5; use += 1) meter.record(one, 'valid', NOW_MS + use);
    meter.record(two, 'valid', NOW_MS + 9);
    await meter.flush();
    expect(tokens.told).toHaveLength(1);
    expect(tokens.told[0]?.entries).toEqual([
      { accountId: 'acc_1', tokenId: 'tk_1', hour: HOUR, counts: { valid: 5 }, lastUsedAt: new Date(NOW_MS + 4) },
      { accountId: 'acc_1', tokenId: 'tk_2', hour: HOUR, counts: { valid: 1 }, lastUsedAt: new Date(NOW_MS + 9) },
    ]);
  });

  it('keeps results apart, and takes only a valid use for a use', async () => {
    const used = token();
    const results = ['scope', 'inactive', 'expired', 'suspended', 'limited'] as const;
    results.forEach((result, index) => {
      for (let count = 0; count <= index; count += 1) meter.record(used, result, NOW_MS + 50);
    });
    await meter.flush();
    expect(tokens.written[0]?.entries[0]).toMatchObject({
      counts: { scope: 1, inactive: 2, expired: 3, suspended: 4, limited: 5 },
    });
    expect(tokens.written[0]?.entries[0]).not.toHaveProperty('lastUsedAt');

    meter.record(used, 'valid', NOW_MS + 60);
    meter.record(used, 'limited', NOW_MS + 70);
    await meter.flush();
    expect(tokens.written[1]?.entries[0]).toMatchObject({
      counts: { valid: 1, limited: 1 },
      lastUsedAt: new Date(NOW_MS + 60),
    });
    expect(used.use.lastUsedMs).toBe(NOW_MS + 60);
  });

  it('writes nothing when nothing was used, and no use twice', async () => {
    await meter.flush();
    meter.record(token(), 'valid', NOW_MS);
    await meter.flush();
    await meter.flush();
    expect(tokens.told).toHaveLength(1);
    expect(tokens.total('tk_1')).toBe(1);
  });

  describe('hours', () => {
    it('counts each use in its own hour across the end of one, in one batch', async () => {
      const used = token();
      for (let use = 1; use <= 3; use += 1) meter.record(used, 'valid', NOW_MS - use);
      for (let use = 0; use < 2; use += 1) meter.record(used, 'valid', NOW_MS + use);
      await meter.flush();
      expect([tokens.total('tk_1', 'valid', HOUR - 1), tokens.total('tk_1', 'valid', HOUR)]).toEqual([3, 2]);
      expect(tokens.written).toHaveLength(1);
    });

    it('writes the past hour to the past hour also when the flush comes after its end', async () => {
      const [early, late] = [token('tk_1'), token('tk_2')];
      meter.record(early, 'limited', NOW_MS - 1);
      meter.record(late, 'valid', NOW_MS);
      await meter.flush();
      meter.record(early, 'valid', NOW_MS);
      await meter.flush();
      expect([tokens.total('tk_1', 'limited', HOUR - 1), tokens.total('tk_1', 'valid', HOUR)]).toEqual([1, 1]);
      expect(tokens.total('tk_2', 'valid', HOUR)).toBe(1);
    });

    it('follows a clock that is set back', async () => {
      const used = token();
      meter.record(used, 'valid', NOW_MS);
      meter.record(used, 'valid', NOW_MS - HOUR_MS);
      await meter.flush();
      expect([tokens.total('tk_1', 'valid', HOUR - 1), tokens.total('tk_1', 'valid', HOUR)]).toEqual([1, 1]);
      expect(used.use.lastUsedMs).toBe(NOW_MS);
    });
  });

  it('counts uses while a flush is being written', async () => {
    const used = token();
    meter.record(used, 'valid', NOW_MS);
    const open = tokens.hold();
    const flushing = meter.flush();
    for (let use = 0; use < 4; use += 1) meter.record(used, 'valid', NOW_MS + use);
    open();
    await flushing;
    expect(tokens.total('tk_1')).toBe(1);
    await meter.flush();
    expect(tokens.total('tk_1')).toBe(5);
  });

  it('writes everything counted before a flush was asked for, also when one runs already', async () => {
    const used = token();
    meter.record(used, 'valid', NOW_MS);
    const open = tokens.hold();
    const first = meter.flush();
    meter.record(used, 'valid', NOW_MS);
    const others = [meter.flush(), meter.flush(), meter.flush()];
    open();
    await Promise.all([first, ...others]);
    expect(tokens.total('tk_1')).toBe(2);
    expect(tokens.told).toHaveLength(2);
  });

  it('goes on counting a token that was loaded anew while its counts waited', async () => {
    const [before, after] = [token(), token()];
    meter.record(before, 'valid', NOW_MS);
    meter.record(after, 'valid', NOW_MS + 1);
    meter.record(before, 'scope', NOW_MS + 2);
    await meter.flush();
    expect([tokens.total('tk_1'), tokens.total('tk_1', 'scope')]).toEqual([2, 1]);
  });

  it('makes batches of at most 5,000 entries, each with an id of its own and of 40 characters at most', async () => {
    useMany(12_000);
    await meter.flush();
    expect(tokens.told.map(({ entries }) => entries.length)).toEqual([5_000, 5_000, 2_000]);
    const other = new UsageMeter(tokens.asRepository(), log);
    other.record(token(), 'valid', NOW_MS);
    await other.flush();
    expect(new Set(tokens.told.map(({ id }) => id)).size).toBe(4);
    for (const { id } of tokens.told) expect(id).toMatch(/^[0-9A-Za-z-]{1,40}$/);
  });

  describe('when the store fails', () => {
    it('repeats the batch as it was, id included, and before any other', async () => {
      const used = token();
      meter.record(used, 'valid', NOW_MS);
      tokens.failing = true;
      await meter.flush();
      meter.record(used, 'valid', NOW_MS + 1);
      await meter.flush();
      tokens.failing = false;
      await meter.flush();
      const [first, second, third, later] = tokens.told;
      expect([second, third]).toEqual([first, first]);
      expect(later?.id).not.toBe(first?.id);
      expect(tokens.total('tk_1')).toBe(2);
      expect(log.warn).toHaveBeenCalledTimes(2);
    });

    it('counts once what the store had counted when its answer got lost', async () => {
      const used = token();
      tokens.losingAnswers = true;
      for (let round = 0; round < 3; round += 1) {
        meter.record(used, 'valid', NOW_MS + round);
        await meter.flush();
      }
      tokens.losingAnswers = false;
      await meter.flush();
      await meter.flush();
      expect(tokens.total('tk_1')).toBe(3);
    });

    it('leaves the rest of a flush for later, and loses none of it', async () => {
      useMany(12_000);
      tokens.failing = true;
      await meter.flush();
      useMany(100);
      tokens.failing = false;
      await meter.flush();
      expect(tokens.written.flatMap(({ entries }) => entries)).toHaveLength(12_100);
      expect(tokens.total('tk_7')).toBe(2);
    });

    it('gives up the oldest batch, and says so, rather than fill the memory', async () => {
      tokens.failing = true;
      useMany(200_000);
      await meter.flush();
      expect(log.error).not.toHaveBeenCalled();
      useMany(5_000, 200_000);
      await meter.flush();
      expect(log.error).toHaveBeenCalledWith({ entries: 5_000 }, expect.stringContaining('given up'));
      tokens.failing = false;
      await meter.flush();
      expect(tokens.written.flatMap(({ entries }) => entries)).toHaveLength(200_000);
      expect([tokens.total('tk_0'), tokens.total('tk_5000'), tokens.total('tk_204999')]).toEqual([0, 1, 1]);
    });

    it('tells the listener of each attempt', async () => {
      const seen = jest.fn();
      meter.onFlush = seen;
      tokens.failing = true;
      meter.record(token(), 'valid', NOW_MS);
      await meter.flush();
      tokens.failing = false;
      await meter.flush();
      expect(seen.mock.calls).toEqual([
        [1, expect.any(Number), false],
        [1, expect.any(Number), true],
      ]);
    });
  });

  describe('when the process ends', () => {
    it('writes what is left', async () => {
      meter.onApplicationBootstrap();
      meter.record(token(), 'valid', NOW_MS);
      await meter.onModuleDestroy();
      expect(tokens.total('tk_1')).toBe(1);
    });

    it('tries a few times more where the store does not take it, with the same batch', async () => {
      jest.useFakeTimers({ doNotFake: ['performance'] });
      tokens.failing = true;
      meter.record(token(), 'valid', NOW_MS);
      const ended = meter.onModuleDestroy();
      await jest.advanceTimersByTimeAsync(200);
      tokens.failing = false;
      await jest.advanceTimersByTimeAsync(2_000);
      await ended;
      expect(tokens.total('tk_1')).toBe(1);
      expect(new Set(tokens.told.map(({ id }) => id)).size).toBe(1);
      expect(log.error).not.toHaveBeenCalled();
    });

    it('ends all the same, and says what was lost, when the store stays away', async () => {
      jest.useFakeTimers({ doNotFake: ['performance'] });
      tokens.failing = true;
      meter.record(token('tk_1'), 'valid', NOW_MS);
      await meter.flush();
      meter.record(token('tk_2'), 'valid', NOW_MS);
      const ended = meter.onModuleDestroy();
      await jest.advanceTimersByTimeAsync(5_000);
      await ended;
      expect(log.error).toHaveBeenCalledWith({ entries: 2 }, expect.stringContaining('lost'));
    });
  });

  it('flushes by itself within a second', async () => {
    jest.useFakeTimers({ doNotFake: ['performance'] });
    meter.onApplicationBootstrap();
    meter.record(token(), 'valid', NOW_MS);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(tokens.total('tk_1')).toBe(1);
    await meter.onModuleDestroy();
  });
});

import { TokenRepository, type TokenUsage } from '@tollgate/domain';
import type { Log } from '@tollgate/observability';
import { buildToken } from '@tollgate/testing';
import { UsageMeter } from './usage-meter.service';
import { ValidationEntry } from './validation-entry';

const MIDNIGHT_MS = Date.parse('2026-01-05T00:00:00.000Z');

/** A store that can be slow or away. */
class Tokens {
  readonly written: TokenUsage[] = [];
  batches = 0;
  failing = false;
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

  private async record(batch: readonly TokenUsage[]): Promise<void> {
    await this.gate;
    if (this.failing) throw new Error('the store is away');
    this.batches += 1;
    for (const usage of batch) this.written.push(usage);
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

  const token = buildToken({ accountId: 'acc_1' });
  const entry = (id = 'tk_1'): ValidationEntry =>
    new ValidationEntry({ token: { ...token, id }, account: { status: 'active' } });
  const total = (id = 'tk_1', day?: string): number =>
    tokens.written
      .filter((usage) => usage.tokenId === id && (day === undefined || usage.day === day))
      .reduce((sum, { requests }) => sum + requests, 0);

  it('writes one sum per token, with the time of the last use', async () => {
    const [one, two] = [entry('tk_1'), entry('tk_2')];
    for (let use = 0; use < 5; use += 1) meter.record(one, MIDNIGHT_MS + use);
    meter.record(two, MIDNIGHT_MS + 9);
    await meter.flush();
    expect(tokens.batches).toBe(1);
    expect(tokens.written).toEqual([
      { accountId: 'acc_1', tokenId: 'tk_1', day: '2026-01-05', requests: 5, lastUsedAt: new Date(MIDNIGHT_MS + 4) },
      { accountId: 'acc_1', tokenId: 'tk_2', day: '2026-01-05', requests: 1, lastUsedAt: new Date(MIDNIGHT_MS + 9) },
    ]);
  });

  it('writes nothing when nothing was used, and no use twice', async () => {
    await meter.flush();
    meter.record(entry(), MIDNIGHT_MS);
    await meter.flush();
    await meter.flush();
    expect(tokens.batches).toBe(1);
    expect(total()).toBe(1);
  });

  it('counts each use on its own day across midnight', async () => {
    const used = entry();
    for (let use = 1; use <= 3; use += 1) meter.record(used, MIDNIGHT_MS - use);
    for (let use = 0; use < 2; use += 1) meter.record(used, MIDNIGHT_MS + use);
    await meter.flush();
    expect([total('tk_1', '2026-01-04'), total('tk_1', '2026-01-05')]).toEqual([3, 2]);
  });

  it('writes yesterday to yesterday also when the flush comes after midnight', async () => {
    const used = entry();
    meter.record(used, MIDNIGHT_MS - 1);
    await meter.flush();
    meter.record(used, MIDNIGHT_MS);
    await meter.flush();
    expect([total('tk_1', '2026-01-04'), total('tk_1', '2026-01-05')]).toEqual([1, 1]);
  });

  it('counts uses while a flush is being written', async () => {
    const used = entry();
    meter.record(used, MIDNIGHT_MS);
    const open = tokens.hold();
    const flushing = meter.flush();
    for (let use = 0; use < 4; use += 1) meter.record(used, MIDNIGHT_MS + use);
    open();
    await flushing;
    expect(total()).toBe(1);
    await meter.flush();
    expect(total()).toBe(5);
  });

  it('writes everything counted before a flush was asked for, also when one runs already', async () => {
    const used = entry();
    meter.record(used, MIDNIGHT_MS);
    const open = tokens.hold();
    const first = meter.flush();
    meter.record(used, MIDNIGHT_MS);
    const second = meter.flush();
    open();
    await Promise.all([first, second]);
    expect(total()).toBe(2);
  });

  it('keeps what the store refuses, says so, and writes it when the store is back', async () => {
    const used = entry();
    tokens.failing = true;
    for (let round = 0; round < 3; round += 1) {
      meter.record(used, MIDNIGHT_MS + round);
      await meter.flush();
    }
    expect(tokens.written).toEqual([]);
    expect(log.warn).toHaveBeenCalledTimes(3);
    tokens.failing = false;
    await meter.flush();
    expect(total()).toBe(3);
    await meter.flush();
    expect(total()).toBe(3);
  });

  it('gives up the oldest counts, and says how many, rather than fill the memory', async () => {
    tokens.failing = true;
    const limit = 200_000;
    for (let number = 0; number < limit + 5; number += 1) meter.record(entry(`tk_${String(number)}`), MIDNIGHT_MS);
    await meter.flush();
    expect(log.error).toHaveBeenCalledWith({ surplus: 5 }, expect.stringContaining('given up'));
    tokens.failing = false;
    await meter.flush();
    expect(tokens.written).toHaveLength(limit);
  });

  it('goes on counting a token that was loaded anew meanwhile', async () => {
    const [before, after] = [entry(), entry()];
    meter.record(before, MIDNIGHT_MS);
    meter.record(after, MIDNIGHT_MS + 1);
    await meter.flush();
    expect(total()).toBe(2);
  });

  it('flushes when the process ends', async () => {
    meter.onApplicationBootstrap();
    meter.record(entry(), MIDNIGHT_MS);
    await meter.onModuleDestroy();
    expect(total()).toBe(1);
  });

  it('flushes by itself within a second', async () => {
    jest.useFakeTimers();
    try {
      meter.onApplicationBootstrap();
      meter.record(entry(), MIDNIGHT_MS);
      await jest.advanceTimersByTimeAsync(1_000);
      expect(total()).toBe(1);
      await meter.onModuleDestroy();
    } finally {
      jest.useRealTimers();
    }
  });
});

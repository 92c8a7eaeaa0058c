import { ValidationLogRepository, type ValidationRecord } from '@tollgate/domain';
import type { Log } from '@tollgate/observability';
import { FakeClock } from '@tollgate/testing';
import { ValidationLog } from './validation-log.service';

const DAY_MS = 86_400_000;
const CALLER = { ip: '192.0.2.1', userAgent: 'curl/8' };

/** A store that can be away, and keeps the first record of an id. */
class Records {
  readonly appends: number[] = [];
  readonly kept = new Map<string, ValidationRecord>();
  failing = false;
  /** Writes that are kept, but reported as failed. */
  losingAnswers = false;

  asRepository(): ValidationLogRepository {
    return Object.assign(Object.create(ValidationLogRepository.prototype) as ValidationLogRepository, {
      append: this.append.bind(this),
    });
  }

  private append(records: readonly ValidationRecord[]): Promise<void> {
    if (this.failing) return Promise.reject(new Error('the store is away'));
    this.appends.push(records.length);
    for (const record of records) if (!this.kept.has(record.id)) this.kept.set(record.id, record);
    return this.losingAnswers ? Promise.reject(new Error('the connection broke')) : Promise.resolve();
  }
}

describe('ValidationLog', () => {
  let records: Records;
  let clock: FakeClock;
  let log: { readonly [level in keyof Log]: jest.Mock };
  let validations: ValidationLog;

  beforeEach(() => {
    records = new Records();
    clock = new FakeClock();
    log = { debug: jest.fn(), info: jest.fn(), warn: jest.fn(), error: jest.fn() };
    validations = new ValidationLog(records.asRepository(), clock, log);
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const note = (count = 1): void => {
    const token = { accountId: 'acc_1', tokenId: 'tk_1', logRetentionMs: DAY_MS };
    for (let number = 0; number < count; number += 1) {
      validations.record(token, 'valid', ['a:b'], () => CALLER, clock.nowMs());
    }
  };

  it('writes down what was asked, by whom, how it ended, and until when it is kept', async () => {
    const token = { accountId: 'acc_1', tokenId: 'tk_1', logRetentionMs: 7 * DAY_MS };
    validations.record(token, 'scope', ['a:b', 'c:d'], () => CALLER, clock.nowMs());
    await validations.flush();
    expect([...records.kept.values()]).toEqual([
      {
        id: expect.stringMatching(/^val_[0-9A-Za-z]{22}$/),
        accountId: 'acc_1',
        tokenId: 'tk_1',
        at: clock.now(),
        result: 'scope',
        scopes: ['a:b', 'c:d'],
        ip: '192.0.2.1',
        userAgent: 'curl/8',
        purgeAt: new Date(clock.nowMs() + 7 * DAY_MS),
      },
    ]);
  });

  it('does nothing for an account that did not ask for it, not even look at the caller', async () => {
    const caller = jest.fn(() => CALLER);
    const token = { accountId: 'acc_1', tokenId: 'tk_1', logRetentionMs: undefined };
    validations.record(token, 'valid', [], caller, clock.nowMs());
    await validations.flush();
    expect(caller).not.toHaveBeenCalled();
    expect(records.appends).toEqual([]);
  });

  it('writes at most 5,000 at once, a full batch before its second is over', async () => {
    note(5_000);
    await Promise.resolve();
    expect(records.appends).toEqual([5_000]);
    note(4_999);
    await validations.flush();
    expect(records.appends).toEqual([5_000, 4_999]);
    expect(records.kept.size).toBe(9_999);
  });

  it('keeps what the store refuses, and leaves one record of each when an answer got lost', async () => {
    note(3);
    records.failing = true;
    await validations.flush();
    records.failing = false;
    records.losingAnswers = true;
    note(2);
    await validations.flush();
    records.losingAnswers = false;
    await validations.flush();
    expect(records.kept.size).toBe(5);
    expect(log.warn).toHaveBeenCalledTimes(2);
    await validations.flush();
    expect(records.appends).toEqual([5, 5]);
  });

  it('leaves out what comes after 50,000 that wait, and says how many once a minute', async () => {
    records.failing = true;
    note(50_003);
    await validations.flush();
    expect(log.error.mock.calls).toEqual([[{ records: 1 }, expect.stringContaining('left out')]]);
    clock.advance(60_000);
    await validations.flush();
    note(1);
    expect(log.error).toHaveBeenLastCalledWith({ records: 3 }, expect.stringContaining('left out'));
    records.failing = false;
    await validations.flush();
    expect(records.kept.size).toBe(50_000);
  });

  it('writes what is left when the process ends, and tries again where the store does not take it', async () => {
    jest.useFakeTimers({ doNotFake: ['performance'] });
    records.failing = true;
    note(2);
    const ended = validations.onModuleDestroy();
    await jest.advanceTimersByTimeAsync(200);
    records.failing = false;
    await jest.advanceTimersByTimeAsync(2_000);
    await ended;
    expect(records.kept.size).toBe(2);
    expect(log.error).not.toHaveBeenCalled();
  });

  it('ends all the same, and says what is missing, when the store stays away', async () => {
    jest.useFakeTimers({ doNotFake: ['performance'] });
    records.failing = true;
    note(2);
    const ended = validations.onModuleDestroy();
    await jest.advanceTimersByTimeAsync(5_000);
    await ended;
    expect(log.error).toHaveBeenCalledWith({ records: 2 }, expect.stringContaining('missing'));
  });

  it('flushes by itself within a second', async () => {
    jest.useFakeTimers({ doNotFake: ['performance'] });
    validations.onApplicationBootstrap();
    note();
    await jest.advanceTimersByTimeAsync(1_000);
    expect(records.kept.size).toBe(1);
    await validations.onModuleDestroy();
  });
});

import {
  AuditRepository,
  HOURLY_USAGE_HOURS,
  ReplayRepository,
  TokenRepository,
  UploadTokenRepository,
  ValidationLogRepository,
} from '@tollgate/domain';
import { FakeClock } from '@tollgate/testing';
import { RetentionService } from './retention.service';

const HOUR_MS = 3_600_000;

/** Removes what is due, at most so much at once, as the stores do. */
function removerOf(due: number): jest.Mock<Promise<number>, [unknown, number]> {
  let left = due;
  return jest.fn((_until: unknown, limit: number) => {
    const removed = Math.min(left, limit);
    left -= removed;
    return Promise.resolve(removed);
  });
}

describe('RetentionService', () => {
  const clock = new FakeClock();
  const log = { debug: jest.fn(), info: jest.fn(), warn: jest.fn(), error: jest.fn() };
  const nothing = (): Promise<number> => Promise.resolve(0);

  function sweeperOf(tokens: object, validations: object, uploadTokens: object = { purge: nothing }): RetentionService {
    return new RetentionService(
      Object.assign(Object.create(TokenRepository.prototype) as TokenRepository, { purge: nothing }, tokens),
      Object.assign(Object.create(AuditRepository.prototype) as AuditRepository, { purge: nothing }),
      Object.assign(Object.create(ReplayRepository.prototype) as ReplayRepository, { purge: nothing }),
      Object.assign(Object.create(ValidationLogRepository.prototype) as ValidationLogRepository, validations),
      Object.assign(Object.create(UploadTokenRepository.prototype) as UploadTokenRepository, uploadTokens),
      clock,
      log,
    );
  }

  it('turns hours older than 35 days into days, a batch at a time until none is left', async () => {
    const foldUsage = removerOf(2_500);
    await sweeperOf({ foldUsage }, { purge: nothing }).sweep();
    const before = Math.floor(clock.nowMs() / HOUR_MS) - HOURLY_USAGE_HOURS;
    expect(foldUsage.mock.calls).toEqual([
      [before, 1_000],
      [before, 1_000],
      [before, 1_000],
    ]);
  });

  it('removes validations whose time has come, a batch at a time until none is left', async () => {
    const purge = removerOf(1_500);
    await sweeperOf({ foldUsage: nothing }, { purge }).sweep();
    expect(purge.mock.calls).toEqual([
      [clock.now(), 1_000],
      [clock.now(), 1_000],
    ]);
  });

  it('removes upload tokens whose time has come, a batch at a time until none is left', async () => {
    const purge = removerOf(1_200);
    await sweeperOf({ foldUsage: nothing }, { purge: nothing }, { purge }).sweep();
    expect(purge.mock.calls).toEqual([
      [clock.now(), 1_000],
      [clock.now(), 1_000],
    ]);
  });

  it('leaves something for the next sweep rather than hold the store for long', async () => {
    const foldUsage = removerOf(1_000_000);
    await sweeperOf({ foldUsage }, { purge: nothing }).sweep();
    expect(foldUsage).toHaveBeenCalledTimes(50);
  });

  it('says so when the store fails, and sweeps again the next time', async () => {
    const purge = jest.fn().mockRejectedValueOnce(new Error('the store is away')).mockResolvedValue(0);
    const sweeper = sweeperOf({ foldUsage: nothing }, { purge });
    await sweeper.sweep();
    expect(log.warn).toHaveBeenCalledTimes(1);
    await sweeper.sweep();
    expect(purge).toHaveBeenCalledTimes(2);
  });
});

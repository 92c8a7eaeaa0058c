import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Clock, StoreHealth } from '@tollgate/domain';
import { SharedRedis } from '../redis/redis.module';
import { UsageMeter } from '../validation/usage-meter.service';
import { ValidationCache } from '../validation/validation-cache.service';
import { ValidationLog } from '../validation/validation-log.service';
import { BatchMetrics } from './batch-metrics';
import { batchReadings } from './batch-readings';
import { LimiterMetrics } from './limiter-metrics';
import { limiterReadings } from './limiter-readings';
import { MetricsService } from './metrics.service';
import { buildReadings, redisReadings, requestReadings } from './process-readings';
import { RequestDurations } from './request-durations';
import { ValidationMetrics } from './validation-metrics';
import { cacheReadings, validationReadings } from './validation-readings';

/** Collects what all features have to tell. */
@Injectable()
export class ApiMetrics implements OnModuleInit {
  constructor(
    private readonly metrics: MetricsService,
    private readonly requests: RequestDurations,
    private readonly validations: ValidationMetrics,
    private readonly cache: ValidationCache,
    private readonly limiter: LimiterMetrics,
    private readonly usage: UsageMeter,
    private readonly validationLog: ValidationLog,
    private readonly redis: SharedRedis,
    private readonly store: StoreHealth,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    const { connection } = this.redis;
    this.metrics.add(
      ...buildReadings(this.store.kind),
      ...requestReadings(this.requests),
      ...validationReadings(this.validations),
      ...cacheReadings(this.cache),
      ...limiterReadings(this.limiter),
      ...(connection === undefined ? [] : redisReadings(connection)),
    );
    this.addUsage();
    this.addValidationLog();
  }

  private addUsage(): void {
    const batches = new BatchMetrics(this.clock);
    this.usage.onFlush = (entries, durationMs, isWritten) => {
      batches.attempted(entries, durationMs, isWritten);
    };
    const names = { prefix: 'tollgate_usage', what: 'usage counts', entries: 'entries' };
    this.metrics.add(
      ...batchReadings(names, batches, () => {
        const { waiting, givenUp } = this.usage.backlog;
        return { waiting, lost: givenUp };
      }),
    );
  }

  private addValidationLog(): void {
    const batches = new BatchMetrics(this.clock);
    this.validationLog.onFlush = (records, durationMs, isWritten) => {
      batches.attempted(records, durationMs, isWritten);
    };
    const names = { prefix: 'tollgate_validation_log', what: 'the validation log', entries: 'records' };
    this.metrics.add(
      ...batchReadings(names, batches, () => {
        const { waiting, leftOut } = this.validationLog.backlog;
        return { waiting, lost: leftOut };
      }),
    );
  }
}

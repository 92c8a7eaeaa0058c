import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import {
  AUDIT_RETENTION_MS,
  AuditRepository,
  Clock,
  HOURLY_USAGE_HOURS,
  ReplayRepository,
  TokenRepository,
  UploadTokenRepository,
  ValidationLogRepository,
} from '@tollgate/domain';
import { Log } from '@tollgate/observability';

const SWEEP_INTERVAL_MS = 60_000;
const HOUR_MS = 3_600_000;
/** Rows removed by one statement, so that no sweep holds the store for long. */
const BATCH = 1_000;
const BATCHES_PER_SWEEP = 50;

/** Removes what has outlived its time, and turns old hourly usage into daily. MongoDB does it by TTL indexes too; there the sweep finds little to do. */
@Injectable()
export class RetentionService implements OnApplicationBootstrap {
  private sweeping = false;

  constructor(
    private readonly tokens: TokenRepository,
    private readonly audit: AuditRepository,
    private readonly replays: ReplayRepository,
    private readonly validations: ValidationLogRepository,
    private readonly uploadTokens: UploadTokenRepository,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.sweep();
  }

  /** Never throws; a sweep that fails is repeated a minute later. */
  @Interval(SWEEP_INTERVAL_MS)
  async sweep(): Promise<void> {
    if (this.sweeping) return;
    this.sweeping = true;
    try {
      const now = this.clock.now();
      const auditBefore = new Date(now.getTime() - AUDIT_RETENTION_MS);
      await inBatches(() => this.replays.purge(now, BATCH));
      const tokens = await inBatches(() => this.tokens.purge(now, BATCH));
      const auditRecords = await inBatches(() => this.audit.purge(auditBefore, BATCH));
      const validations = await inBatches(() => this.validations.purge(now, BATCH));
      const uploadTokens = await inBatches(() => this.uploadTokens.purge(now, BATCH));
      const oldestHour = Math.floor(now.getTime() / HOUR_MS) - HOURLY_USAGE_HOURS;
      const usageHours = await inBatches(() => this.tokens.foldUsage(oldestHour, BATCH));
      if (tokens + auditRecords + validations + uploadTokens + usageHours > 0) {
        this.log.info(
          { tokens, auditRecords, validations, uploadTokens, usageHours },
          'removed what outlived its time',
        );
      }
    } catch (error) {
      this.log.warn({ err: error }, 'the retention sweep failed');
    } finally {
      this.sweeping = false;
    }
  }
}

async function inBatches(purge: () => Promise<number>): Promise<number> {
  let removed = 0;
  for (let batch = 0; batch < BATCHES_PER_SWEEP; batch += 1) {
    const count = await purge();
    removed += count;
    if (count < BATCH) break;
  }
  return removed;
}

import { Injectable, type OnModuleInit } from '@nestjs/common';
import { TollgateError } from '@tollgate/domain';
import { MetricsService } from '../metrics/metrics.service';
import { ALL_METRICS_MS } from './limits';
import type { ApiLink } from './api-link';
import { WorkerGroup } from './worker-group';

/** Lets a scrape that reaches one worker tell of all of them. */
@Injectable()
export class WorkerMetrics implements OnModuleInit {
  constructor(
    private readonly metrics: MetricsService,
    private readonly workers: WorkerGroup,
  ) {}

  onModuleInit(): void {
    const { primary } = this.workers;
    if (primary === undefined) return;
    primary.answer('own-metrics', () => this.metrics.collectJson());
    this.metrics.answerWith(() => askForAll(primary));
  }
}

async function askForAll(primary: ApiLink): Promise<string> {
  try {
    return await primary.ask('metrics', null, ALL_METRICS_MS);
  } catch (error) {
    // Not those of this worker alone: counters would seem to have gone back.
    throw new TollgateError('unavailable', 'the other workers cannot be asked', { retryAfterSeconds: 1, cause: error });
  }
}

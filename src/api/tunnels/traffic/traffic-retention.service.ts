import { Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Clock, TrafficRepository } from '@tollgate/domain';
import { Log } from '@tollgate/observability';

const SWEEP_INTERVAL_MS = 60_000;
/** Rows removed by one statement, so that no sweep holds the store for long. */
const BATCH = 1_000;
const BATCHES_PER_SWEEP = 50;

/** Forgets keys of reports after 35 days, and traffic after 400. */
@Injectable()
export class TrafficRetention {
  private isSweeping = false;

  constructor(
    private readonly traffic: TrafficRepository,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /** Never rejects; a sweep that fails is repeated a minute later. */
  @Interval(SWEEP_INTERVAL_MS)
  async sweep(): Promise<void> {
    if (this.isSweeping) return;
    this.isSweeping = true;
    try {
      const now = this.clock.now();
      for (let batch = 0; batch < BATCHES_PER_SWEEP; batch += 1) {
        if ((await this.traffic.purge(now, BATCH)) < BATCH) break;
      }
    } catch (error) {
      this.log.warn({ err: error }, 'old traffic could not be removed');
    } finally {
      this.isSweeping = false;
    }
  }
}

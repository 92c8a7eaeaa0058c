import { Injectable } from '@nestjs/common';
import { type Counter, Registry } from 'prom-client';
import { addProcessMetrics } from '@tollgate/observability';
import type { MetricJson, ReadMetric } from '@tollgate/observability';

/** Everything that can be told of this process. */
@Injectable()
export class MetricsService {
  private readonly registry = new Registry();
  private textOfAll: (() => Promise<string>) | undefined;

  constructor() {
    addProcessMetrics(this.registry);
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** @throws when there is a metric of that name already */
  add(...metrics: readonly ReadMetric[]): void {
    // A registry asks no more of a metric than a ReadMetric has; its type names prom-client's own classes.
    for (const metric of metrics) this.registry.registerMetric(metric as unknown as Counter);
  }

  /**
   * This process alone, as JSON, which `AggregatorRegistry.aggregate` makes one of several: counts are added up, and of
   * states and delays the worst is told.
   */
  collectJson(): Promise<MetricJson[]> {
    return this.registry.getMetricsAsJSON() as unknown as Promise<MetricJson[]>;
  }

  /** This process alone, in Prometheus' text format. */
  ownText(): Promise<string> {
    return this.registry.metrics();
  }

  /** The whole service, in Prometheus' text format. */
  text(): Promise<string> {
    return this.textOfAll === undefined ? this.ownText() : this.textOfAll();
  }

  /**
   * For one of several workers behind one port: a scrape reaches any of them, and must tell of all.
   * @param textOfAll asks all of them
   */
  answerWith(textOfAll: () => Promise<string>): void {
    this.textOfAll = textOfAll;
  }
}

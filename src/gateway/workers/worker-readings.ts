import type { Clock } from '@tollgate/domain';
import { mergedMetrics } from '@tollgate/workers';
import { type GatewayHealth, HealthSource } from '../health/gateway-health';
import { MetricsSource } from '../metrics/metrics-source';
import type { GatewayLink } from './gateway-link';
import { READING_MS } from './limits';

/** What the primary knows of its workers. */
export interface WorkerCrew {
  /** Workers that shall run. */
  readonly count: number;
  readonly links: readonly GatewayLink[];
  /** Where clients connect. */
  readonly bindPort: number;
}

/** How all workers do together: none may be missing. */
export class CrewHealth extends HealthSource {
  constructor(
    private readonly crew: WorkerCrew,
    private readonly clock: Clock,
  ) {
    super();
  }

  override async read(): Promise<GatewayHealth> {
    const { links, count, bindPort } = this.crew;
    const answers = await Promise.allSettled(links.map((link) => link.ask('health', null, READING_MS)));
    const healths = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    const worst = (['stale', 'starting', 'unavailable'] as const).reduce<GatewayHealth | undefined>(
      (found, state) => healths.find((health) => health.token_source.state === state) ?? found,
      healths[0],
    );
    return {
      status: statusOf(healths, count),
      bind_port: bindPort,
      token_source: worst?.token_source ?? { state: 'unavailable', since: this.clock.now().toISOString() },
      traffic_outbox: {
        reports: healths.reduce((sum, { traffic_outbox }) => sum + traffic_outbox.reports, 0),
        failing_seconds: Math.max(0, ...healths.map(({ traffic_outbox }) => traffic_outbox.failing_seconds)),
      },
      workers: { running: healths.length, configured: count },
    };
  }
}

/** The figures of all workers, each put together as it says. */
export class CrewMetrics extends MetricsSource {
  constructor(private readonly crew: WorkerCrew) {
    super();
  }

  override read(): Promise<string> {
    return mergedMetrics(this.crew.links.map((link) => link.ask('own-metrics', null, READING_MS)));
  }
}

function statusOf(healths: readonly GatewayHealth[], count: number): GatewayHealth['status'] {
  if (healths.every(({ status }) => status === 'unavailable')) return 'unavailable';
  return healths.length < count || healths.some(({ status }) => status !== 'ok') ? 'degraded' : 'ok';
}

import type { Layer } from '@tollgate/limiter';
import type { LimiterMetrics } from './limiter-metrics';
import { type MetricSample, ReadMetric, byLabel } from '@tollgate/observability';

/** Where a decision names no layer: nobody refused. */
const NO_LAYER = 'none';
const LAYERS = ['app', 'account', 'token', 'address'] as const satisfies readonly Layer[];

/** What is told of the limiter. */
export function limiterReadings(limiter: LimiterMetrics): readonly ReadMetric[] {
  return [
    ReadMetric.counter(
      'tollgate_limiter_decisions_total',
      'Decisions of the rate limiter, by result, the layer that refused, and where the counts were.',
      () => [...allowed(limiter), ...refused(limiter)],
    ),
    ReadMetric.durations(
      'tollgate_limiter_ask_duration_seconds',
      'How long the rate limiter waited for the counters that processes share, by outcome.',
      () => Object.entries(limiter.asks).map(([outcome, histogram]) => ({ labels: { outcome }, histogram })),
    ),
    ReadMetric.counter(
      'tollgate_limiter_degraded_total',
      'Decisions made without the shared counters: by this process alone (local), or not at all (open).',
      () => byLabel('mode', limiter.degraded),
    ),
    ReadMetric.gauge(
      'tollgate_limiter_circuit_state',
      'Processes whose circuit breaker is in this state; open: the shared counters are not asked.',
      'sum',
      () => byLabel('state', { closed: 0, 'half-open': 0, open: 0, [limiter.circuitState]: 1 }),
    ),
  ];
}

function allowed({ allowed: counts }: LimiterMetrics): MetricSample[] {
  return Object.entries(counts).map(([source, value]) => ({
    labels: { result: 'allowed', layer: NO_LAYER, source },
    value,
  }));
}

/** All there could be, so that the first refusal is a change from 0 and not a line that was not there before. */
function refused({ refused: counts, allowed: bySource }: LimiterMetrics): MetricSample[] {
  return LAYERS.flatMap((layer) =>
    Object.keys(bySource).map((source) => ({
      labels: { result: 'refused', layer, source },
      value: counts.get(`${layer} ${source}`) ?? 0,
    })),
  );
}

import { type Gauge, type Registry, collectDefaultMetrics } from 'prom-client';

const PREFIX = 'tollgate_';

/**
 * Not shown, and thereby not collected: handles, requests, resources and open files are found by walking over every connection.
 * Least, mean and deviation of the event loop's delay say nothing that its quantiles do not, and are no numbers when
 * nothing was measured since the last time.
 */
const LEFT_OUT = [
  'process_open_fds',
  'nodejs_active_handles',
  'nodejs_active_handles_total',
  'nodejs_active_requests',
  'nodejs_active_requests_total',
  'nodejs_active_resources',
  'nodejs_active_resources_total',
  'nodejs_eventloop_lag_min_seconds',
  'nodejs_eventloop_lag_mean_seconds',
  'nodejs_eventloop_lag_stddev_seconds',
] as const;

/** Of several processes the slowest counts: an average would hide one that stands still. */
const SLOWEST = [
  'nodejs_eventloop_lag_seconds',
  'nodejs_eventloop_lag_p50_seconds',
  'nodejs_eventloop_lag_p90_seconds',
  'nodejs_eventloop_lag_p99_seconds',
] as const;

/** Adds what prom-client tells of a Node process: time, memory, garbage collection, delay of the event loop. */
export function addProcessMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry, prefix: PREFIX });
  for (const name of LEFT_OUT) registry.removeSingleMetric(`${PREFIX}${name}`);
  for (const name of SLOWEST) {
    const gauge = registry.getSingleMetric(`${PREFIX}${name}`) as (Gauge & { aggregator: string }) | undefined;
    if (gauge !== undefined) gauge.aggregator = 'max';
  }
}

import type { RedisConnection } from '@tollgate/redis';
import { productVersion } from './product-version';
import { ReadMetric, plain } from '@tollgate/observability';
import type { RequestDurations } from './request-durations';

/** What is told of requests. */
export function requestReadings(durations: RequestDurations): readonly ReadMetric[] {
  return [
    ReadMetric.durations(
      'tollgate_http_request_duration_seconds',
      "From a request's head to the answer, by method, route and status; route none: there is no such route.",
      () =>
        durations.all().map(({ method, route, status, histogram }) => ({
          labels: { method, route, status },
          histogram,
        })),
    ),
  ];
}

/** What is told of the program and what it stands on. */
export function buildReadings(storeKind: string): readonly ReadMetric[] {
  const labels = { version: productVersion(), node: process.versions.node };
  return [
    ReadMetric.gauge('tollgate_build_info', 'The version that runs; always 1.', 'first', () => [{ labels, value: 1 }]),
    ReadMetric.gauge('tollgate_store_info', 'The kind of record store; always 1.', 'first', () => [
      { labels: { kind: storeKind }, value: 1 },
    ]),
    ReadMetric.gauge('tollgate_processes', 'Processes that this answer tells of.', 'sum', () => plain(1)),
  ];
}

/** What is told of the connection to Redis, where there is one. */
export function redisReadings(redis: Pick<RedisConnection, 'state'>): readonly ReadMetric[] {
  return [
    ReadMetric.gauge('tollgate_redis_up', '1 while commands can be sent to Redis, in every process.', 'min', () =>
      plain(redis.state === 'up' ? 1 : 0),
    ),
  ];
}

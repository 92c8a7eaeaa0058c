import { AggregatorRegistry } from 'prom-client';
import { WORKER_METRICS_MS } from './limits';
import type { Link } from './link';

/**
 * The metrics of several processes as one text. One that does not answer in time is left out.
 * @param links to the processes
 */
export async function collectMetrics(links: readonly Link[]): Promise<string> {
  const answers = await Promise.allSettled(links.map((link) => link.ask('own-metrics', null, WORKER_METRICS_MS)));
  const metrics = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [[...answer.value]] : []));
  return AggregatorRegistry.aggregate(metrics).metrics();
}

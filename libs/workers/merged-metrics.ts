import { AggregatorRegistry } from 'prom-client';

/**
 * The metrics of several processes as one text; each metric says how values are put together.
 * @param answers of each process, as `Registry.getMetricsAsJSON` of prom-client tells them; a process that gave none is left out
 */
export async function mergedMetrics(answers: Iterable<Promise<readonly object[]>>): Promise<string> {
  const settled = await Promise.allSettled(answers);
  const metrics = settled.flatMap((answer) => (answer.status === 'fulfilled' ? [[...answer.value]] : []));
  return AggregatorRegistry.aggregate(metrics).metrics();
}

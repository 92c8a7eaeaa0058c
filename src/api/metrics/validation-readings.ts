import type { CacheStats } from '../validation/validation-cache.service';
import { ReadMetric, byLabel, plain } from '@tollgate/observability';
import { VALIDATION_RESULTS, type ValidationMetrics } from './validation-metrics';

/** What is told of validations. */
export function validationReadings(validations: ValidationMetrics): readonly ReadMetric[] {
  return [
    ReadMetric.counter('tollgate_validations_total', 'Validations of bearer tokens, by result.', () =>
      VALIDATION_RESULTS.map((result) => ({ labels: { result }, value: validations[result] })),
    ),
  ];
}

/** What is told of the tokens kept in memory. */
export function cacheReadings(cache: { readonly stats: CacheStats }): readonly ReadMetric[] {
  return [
    ReadMetric.gauge('tollgate_validation_cache_entries', 'Tokens kept in memory.', 'sum', () =>
      plain(cache.stats.size),
    ),
    ReadMetric.counter(
      'tollgate_validation_cache_lookups_total',
      'Look-ups of tokens: found in memory (hit), known not to exist (negative_hit), or to be asked of the store (miss).',
      () => {
        const { hits, negativeHits, misses } = cache.stats;
        return byLabel('outcome', { hit: hits, negative_hit: negativeHits, miss: misses });
      },
    ),
    ReadMetric.counter('tollgate_validation_cache_loads_total', 'Tokens looked up in the store.', () =>
      plain(cache.stats.loads),
    ),
    ReadMetric.counter(
      'tollgate_validation_cache_changes_total',
      'Changes to tokens and accounts that this process was told of.',
      () => plain(cache.stats.changes),
    ),
  ];
}

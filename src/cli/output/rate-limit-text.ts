import type { RateLimit } from '@tollgate/client';

/** Limits in a few words: `60/min 1000/h`; `none` where there are none. */
export function rateLimitText(limit: RateLimit | null | undefined): string {
  const windows: readonly (readonly [number | undefined, string])[] = [
    [limit?.requests_per_minute, 'min'],
    [limit?.requests_per_hour, 'h'],
    [limit?.requests_per_day, 'd'],
  ];
  const shown = windows.flatMap(([most, unit]) => (most ? [`${String(most)}/${unit}`] : []));
  return shown.length === 0 ? 'none' : shown.join(' ');
}

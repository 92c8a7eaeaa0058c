const DAY_MS = 86_400_000;

/**
 * A UTC day as its number since 1970-01-01, the form in which it is stored.
 * @param day `YYYY-MM-DD`
 */
export function epochDay(day: string): number {
  return Date.parse(day) / DAY_MS;
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
const DAY_S = 86_400;

/**
 * `1.5 MiB`: at most three digits that matter, and a space that no line breaks at.
 * @param {number} bytes
 * @param {string} locale
 */
export function formatBytes(bytes, locale) {
  let value = bytes;
  let unit = 0;
  while (value >= 1_024 && unit < UNITS.length - 1) {
    value /= 1_024;
    unit += 1;
  }
  const maximumFractionDigits = unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${new Intl.NumberFormat(locale, { maximumFractionDigits }).format(value)}\u00a0${UNITS[unit] ?? ''}`;
}

/**
 * A span of time in whole seconds, begun ones counted.
 * @param {number} ms
 * @returns {{ days: number, clock: string }} days, and the rest as `59:59` or `23:59:59`
 */
export function splitDuration(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1_000));
  const days = Math.floor(seconds / DAY_S);
  const hours = Math.floor((seconds % DAY_S) / 3_600);
  const minutes = Math.floor((seconds % 3_600) / 60);
  const tail = `${pad(minutes)}:${pad(seconds % 60)}`;
  if (days === 0 && hours === 0) return { days, clock: tail.replace(/^0(?=\d)/, '') };
  return { days, clock: `${days === 0 ? String(hours) : pad(hours)}:${tail}` };
}

/**
 * A token's preview in short: its beginning, by which it is known, and its end.
 * @param {string} preview with asterisks for what is left out
 */
export function shortPreview(preview) {
  return preview.replace(/\*+.*?(.{0,4})$/, '…$1');
}

/** @param {number} value */
function pad(value) {
  return String(value).padStart(2, '0');
}

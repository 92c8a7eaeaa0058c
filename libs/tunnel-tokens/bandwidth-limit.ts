/** frp reference §5.4: `<float>MB` or `<float>KB`, case-sensitive, nothing between number and unit. */
const GRAMMAR = /^(\d+\.?\d*|\.\d+)(MB|KB)$/;

const UNIT_BYTES = { MB: 1_048_576, KB: 1_024 } as const;

/**
 * Bytes a second of a limit such as `10MB` or `1.5KB`.
 * @returns 0, which stands for no limit, for the empty text; `undefined` when the text is no limit at all
 */
export function parseBandwidthLimit(text: string): number | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return 0;
  const match = GRAMMAR.exec(trimmed);
  if (match === null) return undefined;
  const [, amount, unit] = match;
  const bytes = Math.trunc(Number(amount) * UNIT_BYTES[unit as keyof typeof UNIT_BYTES]);
  // Less than a byte a second would be no limit at all.
  if (bytes === 0 && Number(amount) > 0) return undefined;
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

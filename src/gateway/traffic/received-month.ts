const MONTHS_A_YEAR = 12;
const MONTH_NAME = /^(\d{4})-(0[1-9]|1[0-2])$/;

/** What a receiver of reports knows of a token's month, over all gateways. */
export interface ReceivedMonth {
  /** See `monthOf`. */
  readonly month: number;
  /** In both directions. */
  readonly bytes: number;
}

/**
 * Reads the answer to a report: our receiver tells `month` and `monthTraffic` with it. Others answer what they like.
 * @returns `undefined` for everything else
 */
export function readReceivedMonth(answer: string): ReceivedMonth | undefined {
  let fields: unknown;
  try {
    fields = JSON.parse(answer);
  } catch {
    return undefined;
  }
  if (typeof fields !== 'object' || fields === null) return undefined;
  const { month: name, monthTraffic: bytes } = fields as Readonly<Record<string, unknown>>;
  if (typeof name !== 'string' || typeof bytes !== 'number') return undefined;
  const match = MONTH_NAME.exec(name);
  if (match === null || !Number.isSafeInteger(bytes) || bytes < 0) return undefined;
  return { month: Number(match[1]) * MONTHS_A_YEAR + Number(match[2]) - 1, bytes };
}

import { MAX_PORT, type PortRange, type PortRanges, toPortRanges } from '@tollgate/tunnel-tokens';
import { z } from 'zod';
import type { OptionReader } from './file/option-reader';

const ENTRY = /^(\d{1,5})(?:\s*-\s*(\d{1,5}))?$/;
const BOUNDS = { min: 0, max: MAX_PORT };

/** A variable that holds ports and ranges of them: `1000-2000,3000`, as frp's own `--allow-ports`. */
export function portSet(): z.ZodType<PortRanges> {
  return z.string().transform((text, context) => {
    const entries = text
      .split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== '');
    const ranges = entries.map((entry): PortRange => {
      const [, start, end] = ENTRY.exec(entry) ?? [];
      return { start: Number(start), end: Number(end ?? start) };
    });
    if (ranges.length > 0 && ranges.every(isRange)) return toPortRanges(ranges);
    context.addIssue(
      `must list ports from 1 to ${String(MAX_PORT)} and ranges of them, such as 1000-2000,3000 (got ${JSON.stringify(text)})`,
    );
    return z.NEVER;
  });
}

/**
 * Reads `allowPorts = [{ start = 2000, end = 3000 }, { single = 3001 }]`; a `single` goes before `start` and `end` (frp
 * `pkg/config/types`, `PortsRange`).
 * @returns `undefined` where none is listed, which in frp means all
 */
export function readPortSet(reader: OptionReader, path: string): PortRanges | undefined {
  const entries = reader.tableList(path);
  if (entries === undefined || entries.length === 0) return undefined;
  const ranges = entries.map((entry, index): PortRange => {
    const single = entry.integer('single', BOUNDS) ?? 0;
    const start = entry.integer('start', BOUNDS) ?? 0;
    const end = entry.integer('end', BOUNDS) ?? 0;
    const range = single > 0 ? { start: single, end: single } : { start, end };
    if (!isRange(range)) {
      reader.refuse(`${path}[${String(index)}]`, 'must be a single port, or a start and an end that is not below it');
    }
    return range;
  });
  return toPortRanges(ranges);
}

function isRange({ start, end }: PortRange): boolean {
  return start >= 1 && end >= start && end <= MAX_PORT;
}

import { Secret, parseDuration } from '@tollgate/config';
import type { ConfigTree } from './parse-config-file';
import { NOT_SET } from './render-template';

/** Bounds of a whole number, both inclusive. */
export interface NumberBounds {
  readonly min?: number;
  readonly max?: number;
}

/** Told what is wrong with one option. */
export type ReportOption = (option: string, rule: string) => void;

/**
 * Takes options out of a file by their paths, such as `transport.tls.force`. Letters count in either case and `null` as absent, as in
 * frp (Go's `encoding/json`). An option of a wrong type is reported, without its value, and counts as absent.
 */
export class OptionReader {
  /** Options that were found, by the path they were asked for with. What they hold is for comparison only. */
  readonly found = new Map<string, unknown>();
  private readonly asked = new Set<string>();
  private readonly tables = new Set<string>();
  private readonly items: OptionReader[] = [];

  constructor(
    private readonly tree: ConfigTree,
    private readonly report: ReportOption,
    /** What comes before the paths in reports, such as `httpPlugins[0].`. */
    private readonly prefix = '',
  ) {}

  /** Whether an option or a table is there, of whatever type. */
  has(path: string): boolean {
    return this.find(path) !== undefined;
  }

  /** The empty text is absent, as in frp. */
  text(path: string): string | undefined {
    const value = this.find(path);
    if (value === undefined || value === '') return undefined;
    if (typeof value !== 'string') {
      this.refuse(path, `must be a text, not ${kindOf(value)}`);
      return undefined;
    }
    if (value.includes(NOT_SET)) {
      this.refuse(path, 'uses a variable of the environment that is not set');
      return undefined;
    }
    return value;
  }

  secret(path: string): Secret | undefined {
    const value = this.text(path);
    return value === undefined ? undefined : new Secret(value);
  }

  flag(path: string): boolean | undefined {
    const value = this.find(path);
    if (value === undefined || typeof value === 'boolean') return value;
    this.refuse(path, `must be true or false, not ${kindOf(value)}`);
    return undefined;
  }

  integer(
    path: string,
    { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER }: NumberBounds = {},
  ): number | undefined {
    const value = this.find(path);
    if (value === undefined) return undefined;
    const rule = `must be a whole number ${rangeText(min, max)}`;
    if (typeof value !== 'number') {
      this.refuse(path, `${rule}, not ${kindOf(value)}`);
      return undefined;
    }
    if (Number.isInteger(value) && value >= min && value <= max) return value;
    this.refuse(path, `${rule} (got ${String(value)})`);
    return undefined;
  }

  /** Whole seconds, or a text with a unit such as `500ms`. @returns milliseconds */
  durationMs(path: string, bounds: { minMs: number; maxMs: number }): number | undefined {
    const value = this.find(path);
    if (value === undefined) return undefined;
    const ms =
      typeof value === 'string' ? parseDuration(value) : Number.isInteger(value) ? Number(value) * 1_000 : undefined;
    if (ms !== undefined && ms >= bounds.minMs && ms <= bounds.maxMs) return ms;
    const range = `${String(bounds.minMs)}ms to ${String(bounds.maxMs / 1_000)}s`;
    this.refuse(path, `must be a whole number of seconds, or a duration with a unit, from ${range}`);
    return undefined;
  }

  port(path: string): number | undefined {
    return this.integer(path, { min: 0, max: 65_535 });
  }

  choice<const W extends string>(path: string, words: readonly W[]): W | undefined {
    const value = this.text(path);
    if (value === undefined) return undefined;
    const known = words.find((word) => word === value);
    if (known === undefined) this.refuse(path, `must be one of ${words.join(', ')}`);
    return known;
  }

  textList(path: string): readonly string[] | undefined {
    const value = this.list(path, 'texts');
    if (value === undefined || value.every((item) => typeof item === 'string')) return value;
    this.refuse(path, 'must be a list of texts');
    return undefined;
  }

  /** A list of tables, each with a reader of its own, whose unknown options count as this reader's. */
  tableList(path: string): readonly OptionReader[] | undefined {
    const value = this.list(path, 'tables');
    if (value === undefined) return undefined;
    if (!value.every(isTable)) {
      this.refuse(path, 'must be a list of tables');
      return undefined;
    }
    const readers = value.map(
      (item, index) => new OptionReader(item, this.report, `${this.prefix}${path}[${String(index)}].`),
    );
    this.items.push(...readers);
    return readers;
  }

  /** Options that nobody has asked for; of a table of which nobody has, the table alone. Those given twice are reported. */
  unknown(): readonly string[] {
    return [...this.unknownIn(this.tree, ''), ...this.items.flatMap((item) => item.unknown())];
  }

  /** Reports an option of which more is wrong than its type. */
  refuse(path: string, rule: string): void {
    this.report(this.prefix + path, rule);
  }

  private list(path: string, of: string): readonly unknown[] | undefined {
    const value = this.find(path);
    if (value === undefined || Array.isArray(value)) return value as readonly unknown[] | undefined;
    this.refuse(path, `must be a list of ${of}, not ${kindOf(value)}`);
    return undefined;
  }

  private find(path: string): unknown {
    const names = path.split('.');
    this.asked.add(path.toLowerCase());
    let value: unknown = this.tree;
    for (const [index, name] of names.entries()) {
      const table = names.slice(0, index).join('.');
      if (index > 0) this.tables.add(table.toLowerCase());
      if (value === undefined || value === null) return undefined;
      if (!isTable(value)) {
        this.refuse(table, `must be a table, not ${kindOf(value)}`);
        return undefined;
      }
      value = memberOf(value, name);
    }
    if (value === undefined || value === null) return undefined;
    this.found.set(path, value);
    return value;
  }

  private *unknownIn(table: ConfigTree, above: string): Generator<string> {
    const seen = new Set<string>();
    for (const [name, value] of Object.entries(table)) {
      const path = above + name;
      const folded = path.toLowerCase();
      if (seen.has(folded)) this.refuse(path, 'is given twice, in different cases');
      else if (this.tables.has(folded) && isTable(value)) yield* this.unknownIn(value, `${path}.`);
      else if (!this.asked.has(folded) && !this.tables.has(folded)) yield this.prefix + path;
      seen.add(folded);
    }
  }
}

function memberOf(table: ConfigTree, name: string): unknown {
  if (Object.hasOwn(table, name)) return table[name];
  const other = Object.keys(table).find((key) => key.toLowerCase() === name.toLowerCase());
  return other === undefined ? undefined : table[other];
}

function isTable(value: unknown): value is ConfigTree {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

function rangeText(min: number, max: number): string {
  if (min === Number.MIN_SAFE_INTEGER)
    return max === Number.MAX_SAFE_INTEGER ? 'of any size' : `of at most ${String(max)}`;
  return max === Number.MAX_SAFE_INTEGER ? `of at least ${String(min)}` : `from ${String(min)} to ${String(max)}`;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Date) return 'a date';
  switch (typeof value) {
    case 'string':
      return 'a text';
    case 'number':
    case 'bigint':
      return 'a number';
    case 'boolean':
      return 'true or false';
    default:
      return 'a table';
  }
}

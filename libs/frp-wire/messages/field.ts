import { WireError } from '../wire-error';

/**
 * One field of a message: its name on the wire, and how Go's `encoding/json` reads and writes a field of its type.
 * A field that is absent or `null` has the zero value; the zero value isn't written (`omitempty`).
 */
export interface Field<T> {
  readonly wireName: string;
  /** The value of a field that isn't there. */
  zero(): T;
  /**
   * @param value as JSON.parse made it, never `undefined` or `null`
   * @throws WireError `bad_field` for another type than T's
   */
  decode(value: unknown): T;
  /** @returns what JSON.stringify is to write; `undefined` to leave the field out */
  encode(value: T): unknown;
}

export type StringMap = Readonly<Record<string, string>>;

export function badField(wireName: string, wanted: string): WireError {
  return new WireError('bad_field', `${wireName} is not ${wanted}`);
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function string(wireName: string): Field<string> {
  return {
    wireName,
    zero: () => '',
    decode(value) {
      if (typeof value === 'string') return value;
      throw badField(wireName, 'a string');
    },
    encode: (value) => (value === '' ? undefined : value),
  };
}

export function boolean(wireName: string): Field<boolean> {
  return {
    wireName,
    zero: () => false,
    decode(value) {
      if (typeof value === 'boolean') return value;
      throw badField(wireName, 'a boolean');
    },
    encode: (value) => (value ? true : undefined),
  };
}

/**
 * An `int` or `int64` of Go, as far as a double holds it exactly: beyond 2^53 it is refused, where Go goes on to 2^63. A whole number
 * with a point or an exponent is accepted, where Go refuses it.
 */
export function integer(wireName: string, min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER): Field<number> {
  return {
    wireName,
    zero: () => 0,
    decode(value) {
      // + 0 makes 0 of -0.
      if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value + 0;
      throw badField(wireName, `a whole number from ${String(min)} to ${String(max)}`);
    },
    encode: (value) => (value === 0 ? undefined : value),
  };
}

/** A `uint16` of Go. */
export function uint16(wireName: string): Field<number> {
  return integer(wireName, 0, 0xffff);
}

export function strings(wireName: string): Field<readonly string[]> {
  return {
    wireName,
    zero: () => [],
    decode(value) {
      if (!Array.isArray(value)) throw badField(wireName, 'a list of strings');
      return (value as readonly unknown[]).map((item) => stringOrNull(item, wireName, 'a list of strings'));
    },
    encode: (value) => (value.length === 0 ? undefined : value),
  };
}

/** A `map[string]string` of Go. Decoded it has no prototype, so that no key of the peer's means anything. */
export function stringMap(wireName: string): Field<StringMap> {
  return {
    wireName,
    zero: () => emptyMap(),
    decode(value) {
      if (!isObject(value)) throw badField(wireName, 'an object of strings');
      const map = emptyMap();
      for (const key of Object.keys(value)) map[key] = stringOrNull(value[key], wireName, 'an object of strings');
      return map;
    },
    encode(value) {
      const keys = Object.keys(value);
      if (keys.length === 0) return undefined;
      // Go sorts them. (So do we, but that JavaScript puts whole numbers first.)
      const sorted = emptyMap();
      for (const key of keys.sort()) sorted[key] = value[key] ?? '';
      return sorted;
    },
  };
}

function emptyMap(): Record<string, string> {
  return Object.create(null) as Record<string, string>;
}

/** `null` in a list or a map is Go's zero value, like everywhere. */
function stringOrNull(value: unknown, wireName: string, wanted: string): string {
  if (typeof value === 'string') return value;
  if (value === null) return '';
  throw badField(wireName, wanted);
}

import { badField, type Field, isObject } from './field';

/** Fields by our names, in the order in which Go writes them. */
export type Fields = Readonly<Record<string, Field<unknown>>>;

/** What a struct of these fields decodes to: all of them, filled with zero values. */
export type StructOf<F extends Fields> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never };

/** What a struct of these fields is written from: what isn't given is left out. */
export type PartialStructOf<F extends Fields> = { readonly [K in keyof F]?: F[K] extends Field<infer T> ? T : never };

/** A struct within a struct, which Go writes even when it is empty. */
export function struct<F extends Fields>(wireName: string, fields: F): Field<StructOf<F>> {
  return {
    wireName,
    zero: () => decodeFields(fields, {}),
    decode(value) {
      if (!isObject(value)) throw badField(wireName, 'an object');
      return decodeFields(fields, value);
    },
    encode: (value) => encodeFields(fields, value),
  };
}

export function structs<F extends Fields>(wireName: string, fields: F): Field<readonly StructOf<F>[]> {
  const item = struct(wireName, fields);
  return {
    wireName,
    zero: () => [],
    decode(value) {
      if (!Array.isArray(value)) throw badField(wireName, 'a list of objects');
      return (value as readonly unknown[]).map((each) => (each === null ? item.zero() : item.decode(each)));
    },
    encode: (value) => (value.length === 0 ? undefined : value.map((each) => item.encode(each))),
  };
}

/**
 * Reads the fields of an object that JSON.parse has made; others in it are ignored.
 * @throws WireError `bad_field`
 */
export function decodeFields<F extends Fields>(fields: F, object: Readonly<Record<string, unknown>>): StructOf<F> {
  const decoded: Record<string, unknown> = {};
  for (const name in fields) {
    const field: Field<unknown> = fields[name] as Field<unknown>;
    const value = object[field.wireName];
    decoded[name] = value === undefined || value === null ? field.zero() : field.decode(value);
  }
  return decoded as StructOf<F>;
}

/** What JSON.stringify is to write for these values, in Go's order. */
export function encodeFields<F extends Fields>(
  fields: F,
  values: PartialStructOf<F>,
): Readonly<Record<string, unknown>> {
  const encoded: Record<string, unknown> = {};
  for (const name in fields) {
    const field: Field<unknown> = fields[name] as Field<unknown>;
    const value: unknown = values[name] ?? field.zero();
    const written = field.encode(value);
    if (written !== undefined) encoded[field.wireName] = written;
  }
  return encoded;
}

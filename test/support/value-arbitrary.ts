import fc from 'fast-check';
import type { OpenApi, Schema } from './openapi';

const NASTY = [
  '',
  ' ',
  '\0',
  '\ud800',
  '__proto__',
  'constructor',
  '$gt',
  '../..',
  "'--",
  '\u202e',
  '%',
  '*',
  'a:b',
  '9'.repeat(400),
];
/** Text of any kind. */
export const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom(...NASTY));
const number = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, -0, -1, 1e308, 5e-324, 2 ** 53, 2 ** 63, -(2 ** 63)),
);
/** Whatever JSON can say. */
export const junk: fc.Arbitrary<unknown> = fc.oneof(fc.jsonValue(), text, number, fc.constant(null));

/** Values that fit a schema more often than not. */
export function valueOf(document: OpenApi, reference: Schema, depth = 0): fc.Arbitrary<unknown> {
  const schema = document.resolve(reference);
  const fitting = depth > 4 ? junk : fittingValue(document, schema, depth);
  return fc.oneof({ arbitrary: fitting, weight: 9 }, { arbitrary: junk, weight: 1 });
}

function fittingValue(document: OpenApi, schema: Schema, depth: number): fc.Arbitrary<unknown> {
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return fc.oneof(...choices.map((choice) => valueOf(document, choice, depth + 1)));
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const example = schema.example === undefined ? [] : [fc.constant(schema.example)];
  switch (schema.type) {
    case 'object': {
      const fields = Object.entries(schema.properties ?? {}).map(([name, field]) => {
        const value = valueOf(document, field, depth + 1);
        return [name, value] as const;
      });
      const known = fc.record(Object.fromEntries(fields), { requiredKeys: [...(schema.required ?? [])] });
      const whole = fc.record(Object.fromEntries(fields));
      const least = fc.record(Object.fromEntries(fields.filter(([name]) => schema.required?.includes(name))));
      const extra = fc.dictionary(text, junk, { maxKeys: 2 });
      const strange = fc.tuple(known, extra).map(([one, other]) => ({ ...one, ...other }));
      return fc.oneof(least, known, whole, strange, ...example);
    }
    case 'array':
      return fc.array(valueOf(document, schema.items ?? {}, depth + 1), { maxLength: 5 });
    case 'integer':
    case 'number': {
      const { minimum = -1_000, maximum = 1_000 } = schema;
      return fc.oneof(fc.integer({ min: minimum, max: Math.min(maximum, 2 ** 31) }), number, ...example);
    }
    case 'boolean':
      return fc.boolean();
    default:
      return fc.oneof(text, ...example, ...example);
  }
}

/** The plainest value that fits a schema: the document's example, the first or least that it allows, required fields only. */
export function exampleOf(document: OpenApi, reference: Schema): unknown {
  const schema = document.resolve(reference);
  const plainest = schema.example ?? schema.enum?.[0] ?? schema.minimum;
  if (plainest !== undefined) return plainest;
  const fields = Object.entries(schema.properties ?? {}).filter(([name]) => schema.required?.includes(name));
  return Object.fromEntries(fields.map(([name, field]) => [name, exampleOf(document, field)]));
}

import fc from 'fast-check';
import type { OpenApi, Operation, Schema } from './openapi';
import { exampleOf, valueOf } from './value-arbitrary';

const range = fc.tuple(fc.option(fc.nat(5_000)), fc.option(fc.nat(5_000))).map(([from, to]) => {
  return `bytes=${String(from ?? '')}-${String(to ?? '')}`;
});
const date = fc.date({ noInvalidDate: true }).map((value) => value.toUTCString());
const headerText = fc.stringMatching(/^[\x20-\x7e\xa0-\xff]{0,300}$/);
const tag = fc.oneof(headerText, fc.constantFrom('*', '""', 'W/"a"', '"a", "b"'));

/** What a download may depend on. */
const CONDITIONS: Readonly<Record<string, fc.Arbitrary<string>>> = {
  Range: fc.oneof(range, range, fc.constantFrom('bytes=0-1,3-4', `bytes=${'9'.repeat(40)}-`), headerText),
  'If-Range': fc.oneof(tag, date),
  'If-Match': tag,
  'If-None-Match': tag,
  'If-Modified-Since': fc.oneof(date, headerText),
  'If-Unmodified-Since': fc.oneof(date, headerText),
};

/** Headers beside the type of the body: those that it needs in most requests, any other in a few. */
export function headersTo(
  document: OpenApi,
  { parameters, statuses }: Operation,
): fc.Arbitrary<Record<string, string>> {
  const own = parameters.filter((parameter) => parameter.in === 'header');
  const conditions = statuses.includes(206) ? Object.entries(CONDITIONS) : [];
  const all = [
    ...own.map(({ name, required = false, schema }) => presentIn(name, headerValue(document, schema), required)),
    ...conditions.map(([name, value]) => presentIn(name, value, false)),
  ];
  return fc.tuple(...all).map((pairs) => Object.fromEntries(pairs.flat()) as Record<string, string>);
}

/** The headers that an operation needs, as plain as they come. */
export function exampleHeaders(document: OpenApi, { parameters }: Operation): Record<string, string> {
  const needed = parameters.filter((parameter) => parameter.in === 'header' && parameter.required === true);
  return Object.fromEntries(needed.map(({ name, schema }) => [name, headerTextOf(exampleOf(document, schema))]));
}

type Pairs = readonly (readonly [name: string, value: string])[];

function presentIn(name: string, value: fc.Arbitrary<string>, isNeeded: boolean): fc.Arbitrary<Pairs> {
  const present = value.map((text) => [[name, text]] as const);
  return fc.oneof(
    { arbitrary: present, weight: isNeeded ? 12 : 1 },
    { arbitrary: fc.constant([]), weight: isNeeded ? 1 : 3 },
  );
}

/** Most often as the schema has it, or junk. */
function headerValue(document: OpenApi, schema: Schema): fc.Arbitrary<string> {
  return fc.oneof(
    { arbitrary: fc.constant(headerTextOf(exampleOf(document, schema))), weight: 6 },
    { arbitrary: valueOf(document, schema).map(headerTextOf), weight: 3 },
    { arbitrary: headerText, weight: 1 },
  );
}

/** A value as a header can say it. */
function headerTextOf(value: unknown): string {
  const said = typeof value === 'string' ? value : JSON.stringify(value);
  return said.replaceAll(/[^\x20-\x7e\xa0-\xff]/g, '');
}

import fc from 'fast-check';
import { formOf, formType } from './form-arbitrary';
import type { OpenApi, Operation, Schema } from './openapi';
import { FORM_TYPE, fileForm } from './uploads';

/** A request to one operation; what stands for itself is filled in by whoever sends it. */
export interface GeneratedRequest {
  /** Path with parameters filled in, and a query. */
  readonly path: string;
  /** Bytes or text as they are, `undefined` for none. */
  readonly body: string | Buffer | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** Which of the operation's security schemes it follows; none for a public one, and where it has no credentials. */
  readonly scheme: string | undefined;
}

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
const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom(...NASTY));
const number = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, -0, -1, 1e308, 5e-324, 2 ** 53, 2 ** 63, -(2 ** 63)),
);
const junk: fc.Arbitrary<unknown> = fc.oneof(fc.jsonValue(), text, number, fc.constant(null));

/** For a path or query; a lone surrogate, which has no encoding, becomes the replacement character. */
const encode = (value: string): string => encodeURIComponent(Buffer.from(value).toString());

/** A part of the query that most requests do without. */
const seldom = (pair: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof({ arbitrary: fc.constant(''), weight: 3 }, { arbitrary: pair, weight: 1 });

/** Values that fit a schema more often than not. */
function valueOf(document: OpenApi, reference: Schema, depth = 0): fc.Arbitrary<unknown> {
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

function bodyOf(document: OpenApi, schema: Schema | undefined): fc.Arbitrary<string | Buffer | undefined> {
  const fitting = schema === undefined ? junk : valueOf(document, schema);
  return fc.oneof(
    { arbitrary: fitting.map((value) => JSON.stringify(value)), weight: 6 },
    { arbitrary: fc.constant(undefined), weight: schema === undefined ? 6 : 1 },
    { arbitrary: text, weight: 1 },
    { arbitrary: fc.uint8Array().map((bytes) => Buffer.from(bytes)), weight: 1 },
  );
}

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

/** Headers beside the type of the body, each of them in a few requests. */
function extraHeaders({ parameters, statuses }: Operation): fc.Arbitrary<Record<string, string>> {
  const own = parameters
    .filter((parameter) => parameter.in === 'header')
    .map(({ name }) => [name, headerText] as const);
  const all = Object.entries({ ...Object.fromEntries(own), ...(statuses.includes(206) ? CONDITIONS : {}) });
  const some = all.map(([name, value]) => {
    const present = value.map((text) => [[name, text]] as const);
    return fc.oneof({ arbitrary: fc.constant([]), weight: 3 }, { arbitrary: present, weight: 1 });
  });
  return fc.tuple(...some).map((pairs) => Object.fromEntries(pairs.flat()) as Record<string, string>);
}

function typeHeader(type: fc.Arbitrary<string>): fc.Arbitrary<Record<string, string>> {
  return type.map((value) => ({ 'Content-Type': value }));
}

/** What stands in a path for `{tokenId}`, behind an `{id}` that is an account's. */
const TOKEN_OF_ACCOUNT = '{tokenId}';

/**
 * Requests to one operation, from nearly right to nonsense.
 * @param ids for `{id}` in the path, beside junk
 * @param tokenIds for `{tokenId}`, likewise
 */
export function requestTo(
  document: OpenApi,
  operation: Operation,
  ids: readonly string[],
  tokenIds: readonly string[],
): fc.Arbitrary<GeneratedRequest> {
  const encoded = text.map((value) => encode(value));
  const oneOf = (known: readonly string[]): fc.Arbitrary<string> =>
    fc.oneof(
      fc.constantFrom(...known),
      encoded.filter((value) => value !== ''),
      fc.constantFrom('%00', '%', '%zz', '%ff'),
    );
  const pairs = operation.parameters
    .filter((parameter) => parameter.in === 'query')
    .map(({ name, schema }) => {
      const fitting = valueOf(document, schema).map((fit) =>
        encode(typeof fit === 'string' ? fit : JSON.stringify(fit)),
      );
      return seldom(fc.oneof(fitting, encoded).map((value) => `${name}=${value}`));
    });
  const strays = seldom(fc.tuple(encoded, encoded).map(([name, value]) => `${name}=${value}`));
  return fc.record({
    path: fc.tuple(oneOf(ids), oneOf(tokenIds), ...pairs, strays).map(([id, tokenId, ...query]) => {
      const path = operation.path.replace('{id}', () => id).replace(TOKEN_OF_ACCOUNT, () => tokenId);
      const search = query.filter((pair) => pair !== '').join('&');
      return search === '' ? path : `${path}?${search}`;
    }),
    body: operation.takesForm ? formOf() : bodyOf(document, operation.body),
    headers: fc
      .tuple(
        fc.oneof(
          { arbitrary: typeHeader(operation.takesForm ? formType() : fc.constant('application/json')), weight: 4 },
          { arbitrary: typeHeader(fc.stringMatching(/^[\x20-\x7e]{0,40}$/)), weight: 1 },
          { arbitrary: fc.constant({}), weight: 1 },
        ),
        extraHeaders(operation),
      )
      .map(([type, extra]) => ({ ...extra, ...type })),
    scheme: fc.oneof(
      { arbitrary: fc.constantFrom(...schemesOf(operation)), weight: 7 },
      { arbitrary: fc.constant(undefined), weight: 1 },
    ),
  });
}

/** Those that a test can follow: QiniuStub is off unless a test has switched it on. */
function schemesOf({ security }: Operation): readonly (string | undefined)[] {
  const schemes = security.filter((scheme) => scheme !== 'qiniu-stub');
  return schemes.length > 0 ? schemes : [undefined];
}

/** The plainest request to one operation: required fields only, with the values that the document gives as examples. */
export function exampleRequest(document: OpenApi, operation: Operation, id: string, tokenId: string): GeneratedRequest {
  const scheme = schemesOf(operation)[0];
  const body = operation.body === undefined ? undefined : JSON.stringify(exampleOf(document, operation.body));
  const path = operation.path.replace('{id}', id).replace(TOKEN_OF_ACCOUNT, tokenId);
  if (operation.takesForm) return { path, body: fileForm(), headers: { 'Content-Type': FORM_TYPE }, scheme };
  return { path, body, headers: {}, scheme };
}

function exampleOf(document: OpenApi, reference: Schema): unknown {
  const schema = document.resolve(reference);
  if (schema.example !== undefined) return schema.example;
  if (schema.enum !== undefined) return schema.enum[0];
  const fields = Object.entries(schema.properties ?? {}).filter(([name]) => schema.required?.includes(name));
  return Object.fromEntries(fields.map(([name, field]) => [name, exampleOf(document, field)]));
}

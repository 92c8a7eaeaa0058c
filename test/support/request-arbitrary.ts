import fc from 'fast-check';
import { bodyOf, exampleBody, typeHeaderOf } from './body-arbitrary';
import { exampleHeaders, headersTo } from './header-arbitrary';
import type { OpenApi, Operation } from './openapi';
import { text, valueOf } from './value-arbitrary';

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

/** For a path or query; a lone surrogate, which has no encoding, becomes the replacement character. */
const encode = (value: string): string => encodeURIComponent(Buffer.from(value).toString());

/** A part of the query that most requests do without. */
const seldom = (pair: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof({ arbitrary: fc.constant(''), weight: 3 }, { arbitrary: pair, weight: 1 });

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
      { arbitrary: fc.constantFrom(...known), weight: 4 },
      { arbitrary: encoded.filter((value) => value !== ''), weight: 1 },
      { arbitrary: fc.constantFrom('%00', '%', '%zz', '%ff'), weight: 1 },
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
    body: bodyOf(document, operation),
    headers: fc
      .tuple(typeHeaderOf(operation), headersTo(document, operation))
      .map(([type, others]) => ({ ...others, ...type })),
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

/** The plainest request to one operation: what it requires, with the values that the document gives as examples. */
export function exampleRequest(document: OpenApi, operation: Operation, id: string, tokenId: string): GeneratedRequest {
  const { body, headers } = exampleBody(document, operation);
  return {
    path: operation.path.replace('{id}', id).replace(TOKEN_OF_ACCOUNT, tokenId),
    body,
    headers: { ...exampleHeaders(document, operation), ...headers },
    scheme: schemesOf(operation)[0],
  };
}

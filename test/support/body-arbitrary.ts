import fc from 'fast-check';
import { formOf, formType } from './form-arbitrary';
import { type OpenApi, type Operation, FORM, JSON_TYPE } from './openapi';
import { FORM_TYPE, fileForm, videoBytes } from './uploads';
import { exampleOf, junk, text, valueOf } from './value-arbitrary';

/** Bytes of the videos that bodies of bytes are, or begin. */
export const VIDEO_BYTES = 1_000;
const VIDEO = videoBytes(VIDEO_BYTES);

type Body = string | Buffer | undefined;

/** Bodies for an operation, from one that fits to nonsense. */
export function bodyOf(document: OpenApi, { body }: Operation): fc.Arbitrary<Body> {
  if (body?.type === FORM) return formOf();
  if (body !== undefined && body.type !== JSON_TYPE) return bytesOf();
  const fitting = body === undefined ? junk : valueOf(document, body.schema);
  return fc.oneof(
    { arbitrary: fitting.map((value) => JSON.stringify(value)), weight: 6 },
    { arbitrary: fc.constant(undefined), weight: body === undefined ? 6 : 1 },
    { arbitrary: text, weight: 1 },
    { arbitrary: fc.uint8Array().map((bytes) => Buffer.from(bytes)), weight: 1 },
  );
}

/** What {@link bodyOf} is sent as: most often its type, or another one, or nothing. */
export function typeHeaderOf({ body }: Operation): fc.Arbitrary<Record<string, string>> {
  const fitting = body?.type === FORM ? formType() : fc.constant(body?.type ?? JSON_TYPE);
  const header = (type: fc.Arbitrary<string>): fc.Arbitrary<Record<string, string>> =>
    type.map((value) => ({ 'Content-Type': value }));
  return fc.oneof(
    { arbitrary: header(fitting), weight: 4 },
    { arbitrary: header(fc.stringMatching(/^[\x20-\x7e]{0,40}$/)), weight: 1 },
    { arbitrary: fc.constant({}), weight: 1 },
  );
}

/** The plainest body for an operation, and the headers that tell what it is. */
export function exampleBody(
  document: OpenApi,
  { body }: Operation,
): { readonly body: Body; readonly headers: Readonly<Record<string, string>> } {
  if (body === undefined) return { body: undefined, headers: {} };
  switch (body.type) {
    case JSON_TYPE:
      return { body: JSON.stringify(exampleOf(document, body.schema)), headers: {} };
    case FORM:
      return { body: fileForm(), headers: { 'Content-Type': FORM_TYPE } };
    default:
      return { body: VIDEO, headers: { 'Content-Type': body.type } };
  }
}

/** Videos, whole or not or with something behind, and other bytes. */
function bytesOf(): fc.Arbitrary<Body> {
  const other = fc.uint8Array({ maxLength: VIDEO_BYTES + 100 }).map((bytes) => Buffer.from(bytes));
  return fc.oneof(
    { arbitrary: fc.constant(VIDEO), weight: 3 },
    { arbitrary: fc.nat(VIDEO_BYTES).map((length) => VIDEO.subarray(0, length)), weight: 3 },
    { arbitrary: other, weight: 1 },
    { arbitrary: other.map((rest) => Buffer.concat([VIDEO, rest])), weight: 1 },
    { arbitrary: fc.constant(Buffer.alloc(VIDEO_BYTES)), weight: 1 },
    { arbitrary: fc.constant(undefined), weight: 1 },
  );
}

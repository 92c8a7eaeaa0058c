import fc from 'fast-check';
import { BOUNDARY, FORM_TYPE, type FormPart, formBody, videoBytes } from './uploads';

/** As much of a video as makes it one. */
const VIDEO_HEAD = videoBytes(24);

const bytes = fc.uint8Array({ maxLength: 300 }).map((content) => Buffer.from(content));
const content = fc.oneof(
  { arbitrary: bytes.map((rest) => Buffer.concat([VIDEO_HEAD, rest])), weight: 3 },
  { arbitrary: bytes, weight: 1 },
);
const name = fc.oneof(fc.constantFrom('file', 'clip.mp4', '__proto__', '../..', '', '\0', '"\r\n'), fc.string());

const file: fc.Arbitrary<FormPart> = fc.record({ name, fileName: name, content });
const field: fc.Arbitrary<FormPart> = fc.record({ name, content: fc.oneof(bytes, name) });
const strange: fc.Arbitrary<FormPart> = fc.record({ head: fc.oneof(fc.string(), fc.constant('A: b')), content });

/** Bodies for {@link formType}, from an upload as it should be to nonsense. */
export function formOf(): fc.Arbitrary<Buffer | undefined> {
  const form = (parts: fc.Arbitrary<FormPart[]>): fc.Arbitrary<Buffer> => parts.map((all) => formBody(all));
  const mixed = form(fc.array(fc.oneof(file, field, field, strange), { maxLength: 12 }));
  return fc.oneof(
    { arbitrary: form(fc.tuple(file)), weight: 4 },
    { arbitrary: form(fc.tuple(field, file)), weight: 2 },
    { arbitrary: mixed, weight: 4 },
    { arbitrary: fc.tuple(mixed, fc.nat(1_000)).map(([whole, length]) => whole.subarray(0, length)), weight: 2 },
    { arbitrary: bytes, weight: 1 },
    { arbitrary: fc.constant(undefined), weight: 1 },
  );
}

/** Types that such bodies are sent as. */
export function formType(): fc.Arbitrary<string> {
  return fc.oneof(
    { arbitrary: fc.constant(FORM_TYPE), weight: 8 },
    {
      arbitrary: fc.constantFrom(`${FORM_TYPE}x`, 'multipart/form-data', `multipart/mixed; boundary=${BOUNDARY}`),
      weight: 1,
    },
  );
}

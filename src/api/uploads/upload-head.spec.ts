import { FORM_LIMITS } from './upload-form';
import { readUploadHead } from './upload-head';

const MAX_BYTES = 1_000_000;
const FORM = 'multipart/form-data; boundary=x';
const read = (headers: Record<string, string>) => readUploadHead({ 'content-type': FORM, ...headers }, MAX_BYTES);

describe('the head of an upload', () => {
  it.each([
    FORM,
    'multipart/form-data;boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW',
    'Multipart/Form-Data; charset=utf-8; Boundary="a b:c"',
    `multipart/form-data; boundary=${'x'.repeat(70)}`,
  ])('may say %s', (type) => {
    expect(read({ 'content-type': type })).toEqual({ token: undefined, idempotencyKey: undefined, leastBytes: 0 });
  });

  it.each([
    '',
    'application/json',
    'multipart/form-data',
    'multipart/form-data; boundary=',
    'multipart/form-data; boundary=""',
    'multipart/mixed; boundary=x',
    `multipart/form-data; boundary=${'x'.repeat(71)}`,
    'multipart/form-data; boundary=a\u0001b',
  ])('may not say "%s"', (type) => {
    expect(() => read({ 'content-type': type })).toThrow(
      expect.objectContaining({ uploadCode: 'INVALID_MULTIPART' }) as Error,
    );
  });

  it('may not announce a compressed body', () => {
    expect(() => read({ 'content-encoding': 'gzip' })).toThrow(
      expect.objectContaining({ uploadCode: 'INVALID_MULTIPART' }) as Error,
    );
    expect(read({ 'content-encoding': 'identity' }).leastBytes).toBe(0);
  });

  it('may announce as much as the largest file and its form have, and no byte more', () => {
    const most = MAX_BYTES + FORM_LIMITS.overheadBytes;
    expect(read({ 'content-length': String(most) }).leastBytes).toBe(MAX_BYTES);
    expect(() => read({ 'content-length': String(most + 1) })).toThrow(
      expect.objectContaining({ uploadCode: 'FILE_TOO_LARGE', status: 413 }) as Error,
    );
  });

  it('carries a token and a name for the upload', () => {
    const name = 'k'.repeat(255);
    expect(read({ 'x-upload-token': 'ut_1', 'idempotency-key': name })).toMatchObject({
      token: 'ut_1',
      idempotencyKey: name,
    });
  });

  it.each(['', 'k'.repeat(256), 'a\tb', 'ä'])('may not name the upload %j', (name) => {
    expect(() => read({ 'idempotency-key': name })).toThrow(/Idempotency-Key/);
  });
});

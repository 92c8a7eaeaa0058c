import { badField, type Field } from './field';

/** A `[]byte` of Go: standard base64 with padding. Line breaks within, which Go would skip, are refused. */
export function bytes(wireName: string): Field<Buffer> {
  return {
    wireName,
    zero: () => Buffer.alloc(0),
    decode(value) {
      const decoded = typeof value === 'string' ? decodeBase64(value) : undefined;
      if (decoded === undefined) throw badField(wireName, 'base64');
      return decoded;
    },
    encode: (value) => (value.length === 0 ? undefined : value.toString('base64')),
  };
}

/** @returns `undefined` for anything but standard base64 with padding */
export function decodeBase64(text: string): Buffer | undefined {
  // Node skips what isn't base64 and takes the alphabet of URLs as well: the first shows in the length.
  if (text.length % 4 !== 0 || text.includes('-') || text.includes('_')) return undefined;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const decoded = Buffer.from(text, 'base64');
  return decoded.length === (text.length / 4) * 3 - padding ? decoded : undefined;
}

/** RFC 8187, section 3.2.1: what stands for itself in an extended value. */
const PLAIN_OCTETS = /[^A-Za-z0-9!#$&+.^_`|~-]/gu;
/** What a quoted string of an old reader can't be trusted with: all but printable ASCII, quotes, backslashes, percents. */
const UNQUOTABLE = /[^\x20-\x7e]|["\\%]/gu;

/**
 * A `Content-Disposition` that has a file saved under its name (RFC 6266, with the name in UTF-8 as of RFC 8187).
 * @param name without control characters and lone surrogates
 */
export function attachment(name: string): string {
  const plain = name.replace(UNQUOTABLE, '_');
  if (plain === name) return `attachment; filename="${name}"`;
  const encoded = name.replace(PLAIN_OCTETS, (character) =>
    Array.from(Buffer.from(character), (octet) => `%${octet.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}

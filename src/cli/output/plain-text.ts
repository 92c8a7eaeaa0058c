// Control characters, and the marks that turn the direction of writing: both can make a terminal show a lie.
const UNSAFE = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

/** A value from the api as text that is safe on a terminal, in one line. */
export function plainText(value: unknown): string {
  if (value === undefined || value === null || value === '') return '-';
  if (Array.isArray(value)) return value.length === 0 ? '-' : value.map(plainText).join(' ');
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.replace(UNSAFE, '\ufffd');
}

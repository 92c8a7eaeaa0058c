/** No control characters and no lone surrogates, which a store would turn into another character. */
export const PRINTABLE = /^[^\p{Cc}\p{Cs}]*$/u;

/** At least one character that is no blank. */
export const NOT_BLANK = /\S/;

/** Longest name of a proxy in a traffic report, in UTF-16 units. */
export const MAX_REPORTED_PROXY_NAME_LENGTH = 1_024;

/**
 * Whether a text can stand for something in lists, logs and reports: it has a character to be seen, and none that does harm there.
 * @param maxLength in UTF-16 units
 */
export function isPlainText(text: string, maxLength: number): boolean {
  return text.length <= maxLength && NOT_BLANK.test(text) && PRINTABLE.test(text);
}

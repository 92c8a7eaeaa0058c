/** `type/subtype` or `type/*`, in lower case (RFC 9110, section 12.5.1, without parameters and the star for everything). */
const TYPE_PATTERN = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,63}\/(?:\*|[a-z0-9][a-z0-9!#$&^_.+-]{0,63})$/;

/** Whether a text names a media type, or all types of a kind. */
export function isTypePattern(text: string): boolean {
  return TYPE_PATTERN.test(text);
}

/**
 * @param type a media type without parameters, in lower case
 * @param patterns as {@link isTypePattern} takes them
 */
export function matchesType(type: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) =>
    pattern.endsWith('/*') ? type.startsWith(pattern.slice(0, -1)) : type === pattern,
  );
}

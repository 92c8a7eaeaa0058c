/** What identifies one state of a content. */
export interface Validators {
  /** A strong entity tag, quotes included. */
  readonly etag: string;
  /** In whole seconds. */
  readonly lastModified: Date;
}

/** The headers that make a request conditional, as Node gives them. */
export interface ConditionalHeaders {
  readonly 'if-match'?: string | undefined;
  readonly 'if-unmodified-since'?: string | undefined;
  readonly 'if-none-match'?: string | undefined;
  readonly 'if-modified-since'?: string | undefined;
  readonly 'if-range'?: string | undefined;
}

/** Whether a GET or HEAD goes on, in the order of RFC 9110, section 13.2.2. */
export function checkPreconditions(
  headers: ConditionalHeaders,
  validators: Validators,
): 'proceed' | 'not-modified' | 'failed' {
  const { etag, lastModified } = validators;
  const match = headers['if-match'];
  const unmodifiedSince = toTime(headers['if-unmodified-since']);
  if (match !== undefined) {
    if (!names(match, etag, 'strong')) return 'failed';
  } else if (unmodifiedSince !== undefined && lastModified.getTime() > unmodifiedSince) return 'failed';

  const noneMatch = headers['if-none-match'];
  const modifiedSince = toTime(headers['if-modified-since']);
  if (noneMatch !== undefined) return names(noneMatch, etag, 'weak') ? 'not-modified' : 'proceed';
  return modifiedSince !== undefined && lastModified.getTime() <= modifiedSince ? 'not-modified' : 'proceed';
}

/** Whether a `Range` counts (RFC 9110, section 13.1.5): not when the client has a part of something else. */
export function isRangeWanted({ 'if-range': ifRange }: ConditionalHeaders, validators: Validators): boolean {
  if (ifRange === undefined) return true;
  const condition = ifRange.trim();
  // Without quotes it is a date; a weak tag, which begins with W/, never matches.
  return /^(?:W\/)?"/.test(condition)
    ? condition === validators.etag
    : toTime(condition) === validators.lastModified.getTime();
}

function names(list: string, etag: string, comparison: 'strong' | 'weak'): boolean {
  if (list.trim() === '*') return true;
  const tags = list.match(/(?:W\/)?"[^"]*"/g) ?? [];
  return tags.some((tag) => (comparison === 'weak' ? tag.replace(/^W\//, '') : tag) === etag);
}

/** @returns `undefined` for what is no date: such a condition is ignored */
function toTime(header: string | undefined): number | undefined {
  const time = header === undefined ? Number.NaN : Date.parse(header);
  return Number.isNaN(time) ? undefined : time;
}

import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { randomBase62, toBase62 } from './random';

/**
 * Our token format: `{prefix}-TG1{60 random}{6 checksum}`.
 *
 * The marker holds letters that no hex digit is, so a token of the original service (`{prefix}-` + 64 hex) can never
 * be taken for one of ours; its checksum is therefore never asked for.
 */
const MARKER = 'TG1';
const RANDOM_LENGTH = 60;
const CHECKSUM_LENGTH = 6;
const BODY_LENGTH = MARKER.length + RANDOM_LENGTH + CHECKSUM_LENGTH;
/** Any prefix, with or without a separator, and 64 hex: what the original service issues. */
const FOREIGN_PATTERN = /^[\x21-\x7e]{1,64}[0-9A-Fa-f]{64}$/;

const PREVIEW_FROM = 15;
const PREVIEW_HIDDEN = 30;

/** The prefix of a token whose creator named none. */
export const DEFAULT_TOKEN_PREFIX = 'sk';

/** What a prefix may look like: 1 to 12 characters of `[a-z0-9_]`. */
export const TOKEN_PREFIX_PATTERN = /^[a-z0-9_]{1,12}$/;

/**
 * A new token value with 357 random bits.
 * @param prefix matches {@link TOKEN_PREFIX_PATTERN}; checked by the caller
 */
export function newBearerToken(prefix: string): string {
  const unchecked = `${prefix}-${MARKER}${randomBase62(RANDOM_LENGTH)}`;
  return unchecked + checksum(unchecked);
}

/**
 * Whether a value can be a token at all, decided without any look-up: ours by its checksum, a foreign one by its
 * 64 hex. `false` is certain; `true` means "ask the store".
 */
export function isPlausibleToken(value: string): boolean {
  const bodyAt = value.length - BODY_LENGTH;
  if (bodyAt > 1 && value.startsWith(MARKER, bodyAt) && value.charCodeAt(bodyAt - 1) === 45 /* - */) {
    const split = value.length - CHECKSUM_LENGTH;
    if (value.slice(split) === checksum(value.slice(0, split))) return true;
    // A foreign prefix may happen to read like our marker.
  }
  return FOREIGN_PATTERN.test(value);
}

/** SHA-256 of the value, 32 bytes: the only form in which a token is stored or looked up. */
export function hashToken(value: string): Buffer {
  return createHash('sha256').update(value).digest();
}

/** The token with 30 characters hidden from the 16th on; same length as the token. */
export function previewToken(value: string): string {
  const hidden = Math.min(PREVIEW_HIDDEN, Math.max(0, value.length - PREVIEW_FROM));
  return value.slice(0, PREVIEW_FROM) + '*'.repeat(hidden) + value.slice(PREVIEW_FROM + hidden);
}

function checksum(text: string): string {
  return toBase62(crc32(text), CHECKSUM_LENGTH);
}

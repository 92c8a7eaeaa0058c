import { randomBytes } from 'node:crypto';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** Largest multiple of 62 in a byte; bytes at or above it are thrown away, so that no letter is likelier than another. */
const UNBIASED_BELOW = 248;

/**
 * Random text over `[0-9A-Za-z]` from the operating system's generator.
 * @param length number of characters, each worth 5.95 bits
 */
export function randomBase62(length: number): string {
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(length - text.length + 16)) {
      if (byte < UNBIASED_BELOW) text += BASE62.charAt(byte % 62);
      if (text.length === length) break;
    }
  }
  return text;
}

/** Random lower-case hex, `bytes` × 2 characters long. */
export function randomHex(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}

/**
 * A non-negative integer in base 62, padded on the left with `0`.
 * @param length number of characters; must hold the value
 */
export function toBase62(value: number, length: number): string {
  let text = '';
  for (let rest = value; text.length < length; rest = Math.floor(rest / 62)) {
    text = BASE62.charAt(rest % 62) + text;
  }
  return text;
}

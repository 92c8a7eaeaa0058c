const WORD_BYTES = 8;

/**
 * XORs `mask` into `target`.
 * @param target and `mask`: of one length, a multiple of eight bytes
 */
export function xorInto(target: Uint8Array, mask: Uint8Array): void {
  if (target.byteOffset % WORD_BYTES !== 0 || mask.byteOffset % WORD_BYTES !== 0) {
    for (let i = 0; i < target.length; i++) target[i] = (target[i] ?? 0) ^ (mask[i] ?? 0);
    return;
  }
  const words = target.length / WORD_BYTES;
  const targetWords = new BigUint64Array(target.buffer, target.byteOffset, words);
  const maskWords = new BigUint64Array(mask.buffer, mask.byteOffset, words);
  // V8 keeps these in registers: no BigInt is made.
  for (let i = 0; i < words; i++) targetWords[i]! ^= maskWords[i]!; // eslint-disable-line @typescript-eslint/no-non-null-assertion -- within both
}

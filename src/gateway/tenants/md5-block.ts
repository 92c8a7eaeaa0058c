/** Words of four bytes, little-endian, that one block has. */
export const BLOCK_WORDS = 16;

/** Places of a filter of digests, by the low bits of their first words. */
export const FILTER_SIZE = 16_384;

/** Where a digest with this first word stands in a filter. */
export function filterPlace(firstWord: number): number {
  return firstWord & (FILTER_SIZE - 1);
}

/** One block's words. */
export type BlockWords = Int32Array &
  Readonly<Record<0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13 | 14 | 15, number>>;

/**
 * Finds the first of many messages of one block each that may have one of the MD5 digests (RFC 1321, section 3.4) that are looked for,
 * by the first word of its digest. All messages have the same end.
 *
 * The steps stand one by one, with the constants of the RFC in them and every word in a variable of its own: with functions or tables
 * it takes six times as long, as V8 gives up inlining. Three of the 64 steps don't change the first word and are left out.
 * @param words holds the beginnings of the messages, {@link BLOCK_WORDS} for each, zero behind their ends
 * @param from the first message
 * @param to behind the last one
 * @param suffix the rest of the block, zero before its beginning: the rest of the message, its end bit and its length
 * @param filter {@link FILTER_SIZE} places; how many digests that are looked for stand at each
 * @returns its number, or `to` when there is none
 */
export function findFirstWord(
  words: Int32Array,
  from: number,
  to: number,
  suffix: BlockWords,
  filter: Uint16Array,
): number {
  const s0 = suffix[0];
  const s1 = suffix[1];
  const s2 = suffix[2];
  const s3 = suffix[3];
  const s4 = suffix[4];
  const s5 = suffix[5];
  const s6 = suffix[6];
  const s7 = suffix[7];
  const s8 = suffix[8];
  const s9 = suffix[9];
  const s10 = suffix[10];
  const s11 = suffix[11];
  const s12 = suffix[12];
  const s13 = suffix[13];
  const s14 = suffix[14];
  const s15 = suffix[15];
  for (let message = from; message < to; message += 1) {
    const at = message * BLOCK_WORDS;
    const m0 = (words[at] as number) | s0;
    const m1 = (words[at + 1] as number) | s1;
    const m2 = (words[at + 2] as number) | s2;
    const m3 = (words[at + 3] as number) | s3;
    const m4 = (words[at + 4] as number) | s4;
    const m5 = (words[at + 5] as number) | s5;
    const m6 = (words[at + 6] as number) | s6;
    const m7 = (words[at + 7] as number) | s7;
    const m8 = (words[at + 8] as number) | s8;
    const m9 = (words[at + 9] as number) | s9;
    const m10 = (words[at + 10] as number) | s10;
    const m11 = (words[at + 11] as number) | s11;
    const m12 = (words[at + 12] as number) | s12;
    const m13 = (words[at + 13] as number) | s13;
    const m14 = (words[at + 14] as number) | s14;
    const m15 = (words[at + 15] as number) | s15;
    let a = 0x67452301;
    let b = 0xefcdab89 | 0;
    let c = 0x98badcfe | 0;
    let d = 0x10325476;
    a = (a + (d ^ (b & (c ^ d))) + m0 - 680876936) | 0;
    a = (b + ((a << 7) | (a >>> 25))) | 0;
    d = (d + (c ^ (a & (b ^ c))) + m1 - 389564586) | 0;
    d = (a + ((d << 12) | (d >>> 20))) | 0;
    c = (c + (b ^ (d & (a ^ b))) + m2 + 606105819) | 0;
    c = (d + ((c << 17) | (c >>> 15))) | 0;
    b = (b + (a ^ (c & (d ^ a))) + m3 - 1044525330) | 0;
    b = (c + ((b << 22) | (b >>> 10))) | 0;
    a = (a + (d ^ (b & (c ^ d))) + m4 - 176418897) | 0;
    a = (b + ((a << 7) | (a >>> 25))) | 0;
    d = (d + (c ^ (a & (b ^ c))) + m5 + 1200080426) | 0;
    d = (a + ((d << 12) | (d >>> 20))) | 0;
    c = (c + (b ^ (d & (a ^ b))) + m6 - 1473231341) | 0;
    c = (d + ((c << 17) | (c >>> 15))) | 0;
    b = (b + (a ^ (c & (d ^ a))) + m7 - 45705983) | 0;
    b = (c + ((b << 22) | (b >>> 10))) | 0;
    a = (a + (d ^ (b & (c ^ d))) + m8 + 1770035416) | 0;
    a = (b + ((a << 7) | (a >>> 25))) | 0;
    d = (d + (c ^ (a & (b ^ c))) + m9 - 1958414417) | 0;
    d = (a + ((d << 12) | (d >>> 20))) | 0;
    c = (c + (b ^ (d & (a ^ b))) + m10 - 42063) | 0;
    c = (d + ((c << 17) | (c >>> 15))) | 0;
    b = (b + (a ^ (c & (d ^ a))) + m11 - 1990404162) | 0;
    b = (c + ((b << 22) | (b >>> 10))) | 0;
    a = (a + (d ^ (b & (c ^ d))) + m12 + 1804603682) | 0;
    a = (b + ((a << 7) | (a >>> 25))) | 0;
    d = (d + (c ^ (a & (b ^ c))) + m13 - 40341101) | 0;
    d = (a + ((d << 12) | (d >>> 20))) | 0;
    c = (c + (b ^ (d & (a ^ b))) + m14 - 1502002290) | 0;
    c = (d + ((c << 17) | (c >>> 15))) | 0;
    b = (b + (a ^ (c & (d ^ a))) + m15 + 1236535329) | 0;
    b = (c + ((b << 22) | (b >>> 10))) | 0;
    a = (a + (c ^ (d & (b ^ c))) + m1 - 165796510) | 0;
    a = (b + ((a << 5) | (a >>> 27))) | 0;
    d = (d + (b ^ (c & (a ^ b))) + m6 - 1069501632) | 0;
    d = (a + ((d << 9) | (d >>> 23))) | 0;
    c = (c + (a ^ (b & (d ^ a))) + m11 + 643717713) | 0;
    c = (d + ((c << 14) | (c >>> 18))) | 0;
    b = (b + (d ^ (a & (c ^ d))) + m0 - 373897302) | 0;
    b = (c + ((b << 20) | (b >>> 12))) | 0;
    a = (a + (c ^ (d & (b ^ c))) + m5 - 701558691) | 0;
    a = (b + ((a << 5) | (a >>> 27))) | 0;
    d = (d + (b ^ (c & (a ^ b))) + m10 + 38016083) | 0;
    d = (a + ((d << 9) | (d >>> 23))) | 0;
    c = (c + (a ^ (b & (d ^ a))) + m15 - 660478335) | 0;
    c = (d + ((c << 14) | (c >>> 18))) | 0;
    b = (b + (d ^ (a & (c ^ d))) + m4 - 405537848) | 0;
    b = (c + ((b << 20) | (b >>> 12))) | 0;
    a = (a + (c ^ (d & (b ^ c))) + m9 + 568446438) | 0;
    a = (b + ((a << 5) | (a >>> 27))) | 0;
    d = (d + (b ^ (c & (a ^ b))) + m14 - 1019803690) | 0;
    d = (a + ((d << 9) | (d >>> 23))) | 0;
    c = (c + (a ^ (b & (d ^ a))) + m3 - 187363961) | 0;
    c = (d + ((c << 14) | (c >>> 18))) | 0;
    b = (b + (d ^ (a & (c ^ d))) + m8 + 1163531501) | 0;
    b = (c + ((b << 20) | (b >>> 12))) | 0;
    a = (a + (c ^ (d & (b ^ c))) + m13 - 1444681467) | 0;
    a = (b + ((a << 5) | (a >>> 27))) | 0;
    d = (d + (b ^ (c & (a ^ b))) + m2 - 51403784) | 0;
    d = (a + ((d << 9) | (d >>> 23))) | 0;
    c = (c + (a ^ (b & (d ^ a))) + m7 + 1735328473) | 0;
    c = (d + ((c << 14) | (c >>> 18))) | 0;
    b = (b + (d ^ (a & (c ^ d))) + m12 - 1926607734) | 0;
    b = (c + ((b << 20) | (b >>> 12))) | 0;
    a = (a + (b ^ c ^ d) + m5 - 378558) | 0;
    a = (b + ((a << 4) | (a >>> 28))) | 0;
    d = (d + (a ^ b ^ c) + m8 - 2022574463) | 0;
    d = (a + ((d << 11) | (d >>> 21))) | 0;
    c = (c + (d ^ a ^ b) + m11 + 1839030562) | 0;
    c = (d + ((c << 16) | (c >>> 16))) | 0;
    b = (b + (c ^ d ^ a) + m14 - 35309556) | 0;
    b = (c + ((b << 23) | (b >>> 9))) | 0;
    a = (a + (b ^ c ^ d) + m1 - 1530992060) | 0;
    a = (b + ((a << 4) | (a >>> 28))) | 0;
    d = (d + (a ^ b ^ c) + m4 + 1272893353) | 0;
    d = (a + ((d << 11) | (d >>> 21))) | 0;
    c = (c + (d ^ a ^ b) + m7 - 155497632) | 0;
    c = (d + ((c << 16) | (c >>> 16))) | 0;
    b = (b + (c ^ d ^ a) + m10 - 1094730640) | 0;
    b = (c + ((b << 23) | (b >>> 9))) | 0;
    a = (a + (b ^ c ^ d) + m13 + 681279174) | 0;
    a = (b + ((a << 4) | (a >>> 28))) | 0;
    d = (d + (a ^ b ^ c) + m0 - 358537222) | 0;
    d = (a + ((d << 11) | (d >>> 21))) | 0;
    c = (c + (d ^ a ^ b) + m3 - 722521979) | 0;
    c = (d + ((c << 16) | (c >>> 16))) | 0;
    b = (b + (c ^ d ^ a) + m6 + 76029189) | 0;
    b = (c + ((b << 23) | (b >>> 9))) | 0;
    a = (a + (b ^ c ^ d) + m9 - 640364487) | 0;
    a = (b + ((a << 4) | (a >>> 28))) | 0;
    d = (d + (a ^ b ^ c) + m12 - 421815835) | 0;
    d = (a + ((d << 11) | (d >>> 21))) | 0;
    c = (c + (d ^ a ^ b) + m15 + 530742520) | 0;
    c = (d + ((c << 16) | (c >>> 16))) | 0;
    b = (b + (c ^ d ^ a) + m2 - 995338651) | 0;
    b = (c + ((b << 23) | (b >>> 9))) | 0;
    a = (a + (c ^ (b | ~d)) + m0 - 198630844) | 0;
    a = (b + ((a << 6) | (a >>> 26))) | 0;
    d = (d + (b ^ (a | ~c)) + m7 + 1126891415) | 0;
    d = (a + ((d << 10) | (d >>> 22))) | 0;
    c = (c + (a ^ (d | ~b)) + m14 - 1416354905) | 0;
    c = (d + ((c << 15) | (c >>> 17))) | 0;
    b = (b + (d ^ (c | ~a)) + m5 - 57434055) | 0;
    b = (c + ((b << 21) | (b >>> 11))) | 0;
    a = (a + (c ^ (b | ~d)) + m12 + 1700485571) | 0;
    a = (b + ((a << 6) | (a >>> 26))) | 0;
    d = (d + (b ^ (a | ~c)) + m3 - 1894986606) | 0;
    d = (a + ((d << 10) | (d >>> 22))) | 0;
    c = (c + (a ^ (d | ~b)) + m10 - 1051523) | 0;
    c = (d + ((c << 15) | (c >>> 17))) | 0;
    b = (b + (d ^ (c | ~a)) + m1 - 2054922799) | 0;
    b = (c + ((b << 21) | (b >>> 11))) | 0;
    a = (a + (c ^ (b | ~d)) + m8 + 1873313359) | 0;
    a = (b + ((a << 6) | (a >>> 26))) | 0;
    d = (d + (b ^ (a | ~c)) + m15 - 30611744) | 0;
    d = (a + ((d << 10) | (d >>> 22))) | 0;
    c = (c + (a ^ (d | ~b)) + m6 - 1560198380) | 0;
    c = (d + ((c << 15) | (c >>> 17))) | 0;
    b = (b + (d ^ (c | ~a)) + m13 + 1309151649) | 0;
    b = (c + ((b << 21) | (b >>> 11))) | 0;
    a = (a + (c ^ (b | ~d)) + m4 - 145523070) | 0;
    a = (b + ((a << 6) | (a >>> 26))) | 0;
    if (filter[(a + 0x67452301) & (FILTER_SIZE - 1)] !== 0) return message;
  }
  return to;
}

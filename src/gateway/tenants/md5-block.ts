/** Words of four bytes, little-endian, that one block has. */
export const BLOCK_WORDS = 16;

/** The block that is being worked on: nothing here waits, so that one is enough. */
const block = new Int32Array(BLOCK_WORDS);

/**
 * The first word of the MD5 digest of a message of one block (RFC 1321, section 3.4). The steps stand one by one, with the
 * constants of the RFC in them: a loop over tables takes several times as long.
 * @param words holds the beginning of the message, from `at` on, zero behind its end
 * @param suffix the rest of the block, zero before its beginning: the rest of the message, its end bit and its length
 */
export function firstDigestWord(words: Int32Array, at: number, suffix: Int32Array): number {
  const m = block as Words;
  for (let i = 0; i < BLOCK_WORDS; i += 1) block[i] = (words[at + i] as number) | (suffix[i] as number);
  let a = 0x67452301;
  let b = 0xefcdab89 | 0;
  let c = 0x98badcfe | 0;
  let d = 0x10325476;
  a = step(a, b, (b & c) | (~b & d), m[0], -680876936, 7);
  d = step(d, a, (a & b) | (~a & c), m[1], -389564586, 12);
  c = step(c, d, (d & a) | (~d & b), m[2], 606105819, 17);
  b = step(b, c, (c & d) | (~c & a), m[3], -1044525330, 22);
  a = step(a, b, (b & c) | (~b & d), m[4], -176418897, 7);
  d = step(d, a, (a & b) | (~a & c), m[5], 1200080426, 12);
  c = step(c, d, (d & a) | (~d & b), m[6], -1473231341, 17);
  b = step(b, c, (c & d) | (~c & a), m[7], -45705983, 22);
  a = step(a, b, (b & c) | (~b & d), m[8], 1770035416, 7);
  d = step(d, a, (a & b) | (~a & c), m[9], -1958414417, 12);
  c = step(c, d, (d & a) | (~d & b), m[10], -42063, 17);
  b = step(b, c, (c & d) | (~c & a), m[11], -1990404162, 22);
  a = step(a, b, (b & c) | (~b & d), m[12], 1804603682, 7);
  d = step(d, a, (a & b) | (~a & c), m[13], -40341101, 12);
  c = step(c, d, (d & a) | (~d & b), m[14], -1502002290, 17);
  b = step(b, c, (c & d) | (~c & a), m[15], 1236535329, 22);
  a = step(a, b, (d & b) | (~d & c), m[1], -165796510, 5);
  d = step(d, a, (c & a) | (~c & b), m[6], -1069501632, 9);
  c = step(c, d, (b & d) | (~b & a), m[11], 643717713, 14);
  b = step(b, c, (a & c) | (~a & d), m[0], -373897302, 20);
  a = step(a, b, (d & b) | (~d & c), m[5], -701558691, 5);
  d = step(d, a, (c & a) | (~c & b), m[10], 38016083, 9);
  c = step(c, d, (b & d) | (~b & a), m[15], -660478335, 14);
  b = step(b, c, (a & c) | (~a & d), m[4], -405537848, 20);
  a = step(a, b, (d & b) | (~d & c), m[9], 568446438, 5);
  d = step(d, a, (c & a) | (~c & b), m[14], -1019803690, 9);
  c = step(c, d, (b & d) | (~b & a), m[3], -187363961, 14);
  b = step(b, c, (a & c) | (~a & d), m[8], 1163531501, 20);
  a = step(a, b, (d & b) | (~d & c), m[13], -1444681467, 5);
  d = step(d, a, (c & a) | (~c & b), m[2], -51403784, 9);
  c = step(c, d, (b & d) | (~b & a), m[7], 1735328473, 14);
  b = step(b, c, (a & c) | (~a & d), m[12], -1926607734, 20);
  a = step(a, b, b ^ c ^ d, m[5], -378558, 4);
  d = step(d, a, a ^ b ^ c, m[8], -2022574463, 11);
  c = step(c, d, d ^ a ^ b, m[11], 1839030562, 16);
  b = step(b, c, c ^ d ^ a, m[14], -35309556, 23);
  a = step(a, b, b ^ c ^ d, m[1], -1530992060, 4);
  d = step(d, a, a ^ b ^ c, m[4], 1272893353, 11);
  c = step(c, d, d ^ a ^ b, m[7], -155497632, 16);
  b = step(b, c, c ^ d ^ a, m[10], -1094730640, 23);
  a = step(a, b, b ^ c ^ d, m[13], 681279174, 4);
  d = step(d, a, a ^ b ^ c, m[0], -358537222, 11);
  c = step(c, d, d ^ a ^ b, m[3], -722521979, 16);
  b = step(b, c, c ^ d ^ a, m[6], 76029189, 23);
  a = step(a, b, b ^ c ^ d, m[9], -640364487, 4);
  d = step(d, a, a ^ b ^ c, m[12], -421815835, 11);
  c = step(c, d, d ^ a ^ b, m[15], 530742520, 16);
  b = step(b, c, c ^ d ^ a, m[2], -995338651, 23);
  a = step(a, b, c ^ (b | ~d), m[0], -198630844, 6);
  d = step(d, a, b ^ (a | ~c), m[7], 1126891415, 10);
  c = step(c, d, a ^ (d | ~b), m[14], -1416354905, 15);
  b = step(b, c, d ^ (c | ~a), m[5], -57434055, 21);
  a = step(a, b, c ^ (b | ~d), m[12], 1700485571, 6);
  d = step(d, a, b ^ (a | ~c), m[3], -1894986606, 10);
  c = step(c, d, a ^ (d | ~b), m[10], -1051523, 15);
  b = step(b, c, d ^ (c | ~a), m[1], -2054922799, 21);
  a = step(a, b, c ^ (b | ~d), m[8], 1873313359, 6);
  d = step(d, a, b ^ (a | ~c), m[15], -30611744, 10);
  c = step(c, d, a ^ (d | ~b), m[6], -1560198380, 15);
  b = step(b, c, d ^ (c | ~a), m[13], 1309151649, 21);
  a = step(a, b, c ^ (b | ~d), m[4], -145523070, 6);
  d = step(d, a, b ^ (a | ~c), m[11], -1120210379, 10);
  c = step(c, d, a ^ (d | ~b), m[2], 718787259, 15);
  b = step(b, c, d ^ (c | ~a), m[9], -343485551, 21);
  return (a + 0x67452301) | 0;
}

type Words = Int32Array & Readonly<Record<0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13 | 14 | 15, number>>;

function step(a: number, b: number, mixed: number, word: number, sine: number, shift: number): number {
  const sum = (a + mixed + word + sine) | 0;
  return (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0;
}

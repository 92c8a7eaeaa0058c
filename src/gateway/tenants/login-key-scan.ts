import { LoginKeyCheck } from '@tollgate/frp-wire';
import { BLOCK_WORDS, firstDigestWord } from './md5-block';

const BLOCK_BYTES = 64;
/** What MD5 puts behind a message in its last block: a bit, and the length in eight bytes. */
const PADDING_BYTES = 9;
const END_BIT = 0x80;
const INITIAL_CAPACITY = 64;
const KEY = /^[0-9a-f]{32}$/i;

/** Tokens of one length, each as the first words of the MD5 block that it and a timestamp make. */
class Pack {
  readonly tokens: string[] = [];
  words = new Int32Array(INITIAL_CAPACITY * BLOCK_WORDS);

  constructor(readonly tokenBytes: number) {}

  add(token: string): void {
    const index = this.tokens.push(token) - 1;
    if (this.words.length < this.tokens.length * BLOCK_WORDS) {
      const grown = new Int32Array(this.words.length * 2);
      grown.set(this.words);
      this.words = grown;
    }
    this.pack(index, token);
  }

  /** @returns the token that has the place now, if another one has been moved to it */
  removeAt(index: number): string | undefined {
    const last = this.tokens.pop();
    if (last === undefined || index === this.tokens.length) return undefined;
    this.tokens[index] = last;
    this.pack(index, last);
    return last;
  }

  private pack(index: number, token: string): void {
    const block = Buffer.alloc(BLOCK_BYTES);
    block.write(token, 'utf8');
    for (let word = 0; word < BLOCK_WORDS; word += 1) {
      this.words[index * BLOCK_WORDS + word] = block.readInt32LE(word * 4);
    }
  }
}

/**
 * Finds the token that a login's key was made with: `md5(token || timestamp)` is all that a client shows (frp
 * `pkg/util/util/util.go`, GetAuthKey), so that every token must be tried. The blocks that MD5 works on are kept ready, and a token
 * is given up as soon as the first word of its digest differs: several times as fast as a hash object for each.
 */
export class LoginKeyScan {
  private readonly packs = new Map<number, Pack>();
  private readonly places = new Map<string, number>();
  private moves = 0;

  get size(): number {
    return this.places.size;
  }

  /** Changes when a token was taken away, and others were moved into its place: a search that ran meanwhile may have missed one. */
  get generation(): number {
    return this.moves;
  }

  add(token: string): void {
    if (this.places.has(token)) return;
    const tokenBytes = Buffer.byteLength(token);
    let pack = this.packs.get(tokenBytes);
    if (pack === undefined) {
      pack = new Pack(tokenBytes);
      this.packs.set(tokenBytes, pack);
    }
    this.places.set(token, pack.tokens.length);
    pack.add(token);
  }

  delete(token: string): void {
    const place = this.places.get(token);
    const tokenBytes = Buffer.byteLength(token);
    const pack = this.packs.get(tokenBytes);
    if (place === undefined || pack === undefined) return;
    this.places.delete(token);
    this.moves += 1;
    const moved = pack.removeAt(place);
    if (moved !== undefined) this.places.set(moved, place);
    if (pack.tokens.length === 0) this.packs.delete(tokenBytes);
  }

  /**
   * Tries all tokens, some at a time. A token that is deleted meanwhile may be found nevertheless: ask again whether it is there.
   * @param key as the client shows it, in hex
   * @param timestamp as the client says it, in seconds
   * @param sliceTokens how many are tried between two steps of the generator
   * @returns the token, or `undefined` when none made that key
   */
  *find(key: string, timestamp: number, sliceTokens: number): Generator<void, string | undefined, void> {
    if (!KEY.test(key)) return undefined;
    const check = new LoginKeyCheck(key, timestamp);
    const wanted = Buffer.from(key, 'hex').readInt32LE(0);
    let left = sliceTokens;
    for (const pack of [...this.packs.values()]) {
      const suffix = suffixOf(pack.tokenBytes, String(timestamp));
      for (let index = 0; index < pack.tokens.length; index += 1) {
        const mayMatch = suffix === undefined || firstDigestWord(pack.words, index * BLOCK_WORDS, suffix) === wanted;
        const token = mayMatch ? pack.tokens[index] : undefined;
        if (token !== undefined && check.matches(token)) return token;
        left -= 1;
        if (left > 0) continue;
        left = sliceTokens;
        yield;
      }
    }
    return undefined;
  }
}

/**
 * What follows a token of that length in its block: the timestamp, the end bit and the length.
 * @returns `undefined` when it is more than one block
 */
function suffixOf(tokenBytes: number, timestamp: string): Int32Array | undefined {
  const bytes = tokenBytes + timestamp.length;
  if (bytes + PADDING_BYTES > BLOCK_BYTES) return undefined;
  const block = Buffer.alloc(BLOCK_BYTES);
  block.write(timestamp, tokenBytes, 'latin1');
  block[bytes] = END_BIT;
  block.writeUInt32LE(bytes * 8, BLOCK_BYTES - 8);
  return Int32Array.from({ length: BLOCK_WORDS }, (_, word) => block.readInt32LE(word * 4));
}

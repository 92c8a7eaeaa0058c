import { BLOCK_WORDS, type BlockWords } from './md5-block';

const BLOCK_BYTES = 64;
/** What MD5 puts behind a message in its last block: a bit, and the length in eight bytes. */
const PADDING_BYTES = 9;
const END_BIT = 0x80;
/** The most that fits into one block with a timestamp of one digit. */
const LONGEST_PACKED = BLOCK_BYTES - PADDING_BYTES - 1;
const LONGER = -1;

/** Where a token is written until its words are taken: nothing here waits, so that one is enough. */
const block = Buffer.alloc(BLOCK_BYTES);

/** Tokens of one length in places that don't move, each also as the first words of the MD5 block that it and a timestamp make. */
export class TokenSegment {
  /** {@link BLOCK_WORDS} for each slot, zero where there is no token. Empty where tokens are longer than a block. */
  readonly words: Int32Array;
  private readonly tokens: (string | undefined)[] = [];

  /** @param tokenBytes see {@link classOf} */
  constructor(
    readonly tokenBytes: number,
    readonly slots: number,
  ) {
    this.words = new Int32Array(tokenBytes === LONGER ? 0 : slots * BLOCK_WORDS);
  }

  /** The bytes of a token; one number for all that are longer than a block. */
  static classOf(token: string): number {
    const bytes = Buffer.byteLength(token);
    return bytes > LONGEST_PACKED ? LONGER : bytes;
  }

  /** Slots that have, or had, a token. */
  get used(): number {
    return this.tokens.length;
  }

  at(slot: number): string | undefined {
    return this.tokens[slot];
  }

  put(slot: number, token: string): void {
    this.tokens[slot] = token;
    if (this.tokenBytes === LONGER) return;
    block.fill(0);
    block.write(token, 'utf8');
    for (let word = 0; word < BLOCK_WORDS; word += 1) {
      this.words[slot * BLOCK_WORDS + word] = block.readInt32LE(word * 4);
    }
    block.fill(0);
  }

  clear(slot: number): void {
    this.tokens[slot] = undefined;
    this.words.fill(0, slot * BLOCK_WORDS, (slot + 1) * BLOCK_WORDS);
  }

  /**
   * What follows each token in its block: the timestamp, the end bit and the length.
   * @returns `undefined` when it is more than one block
   */
  suffixFor(timestamp: string): BlockWords | undefined {
    const bytes = this.tokenBytes + timestamp.length;
    if (this.tokenBytes === LONGER || bytes + PADDING_BYTES > BLOCK_BYTES) return undefined;
    const end = Buffer.alloc(BLOCK_BYTES);
    end.write(timestamp, this.tokenBytes, 'latin1');
    end[bytes] = END_BIT;
    end.writeUInt32LE(bytes * 8, BLOCK_BYTES - 8);
    return Int32Array.from({ length: BLOCK_WORDS }, (_, word) => end.readInt32LE(word * 4)) as BlockWords;
  }
}

import { type Cipher, createCipheriv, createSecretKey, type KeyObject, pbkdf2Sync } from 'node:crypto';

const SALT = 'frp';
const ITERATIONS = 64;
const KEY_BYTES = 16;

/** A block of AES, and the length of an IV. */
export const BLOCK_BYTES = 16;

/**
 * The AES key that frp makes of a secret: for the v1 control and encrypted work connections of a token, and for visitors of a proxy's
 * secret key. Made once for a client, it serves all of its streams (golib `crypto`, salt set by frp).
 */
export class StreamKey {
  private readonly key: KeyObject;
  private blocks: Cipher | undefined;

  /** @param secret the token; may be empty */
  constructor(secret: string) {
    this.key = createSecretKey(pbkdf2Sync(secret, SALT, ITERATIONS, KEY_BYTES, 'sha1'));
  }

  /** CFB with 128-bit feedback, from `iv` on. */
  cfbCipher(iv: Buffer): Cipher {
    return createCipheriv('aes-128-cfb', this.key, iv);
  }

  /**
   * AES of each block for itself.
   * @param blocks whole blocks
   * @returns as many bytes, which nobody else holds
   */
  encryptBlocks(blocks: Uint8Array): Buffer {
    // Without state between blocks, one does for all streams.
    this.blocks ??= createCipheriv('aes-128-ecb', this.key, null);
    return this.blocks.update(blocks);
  }
}

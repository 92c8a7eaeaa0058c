import type { Cipher } from 'node:crypto';
import type { RandomBytes } from '../random-bytes';
import { BLOCK_BYTES, type StreamKey } from './stream-key';

const EMPTY = Buffer.alloc(0);

/**
 * Encrypts one direction of a stream: a random IV in clear, then AES-128-CFB over everything, writes of any size being one sequence
 * (golib `crypto/encode.go`). The IV is drawn and sent with the first byte, so that a direction that stays silent stays empty.
 */
export class CfbEncoder {
  private cipher: Cipher | undefined;

  constructor(
    private readonly key: StreamKey,
    private readonly randomBytes: RandomBytes,
  ) {}

  /**
   * @param chunk not changed and not kept
   * @returns bytes of its own, in front of the first of them the IV
   */
  update(chunk: Buffer): Buffer {
    if (chunk.length === 0) return EMPTY;
    if (this.cipher) return this.cipher.update(chunk);
    const iv = this.randomBytes(BLOCK_BYTES);
    this.cipher = this.key.cfbCipher(iv);
    return Buffer.concat([iv, this.cipher.update(chunk)]);
  }
}

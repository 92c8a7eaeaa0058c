import { createCipheriv, type KeyObject } from 'node:crypto';
import { MAX_RECORD_PLAINTEXT_BYTES } from '../limits';
import type { RandomBytes } from '../random-bytes';
import { AEAD_CIPHER, LENGTH_BYTES, NONCE_BYTES, RecordSequence, TAG_BYTES } from './aead-record';

/** Writes the records of one direction. */
export class AeadSealer {
  private sequence: RecordSequence | undefined;

  constructor(
    private readonly key: KeyObject,
    private readonly randomBytes: RandomBytes,
    private readonly maxRecords?: number,
  ) {}

  /**
   * @param plaintext of any length; nothing gives nothing
   * @returns one record, or as many as needed, in front of the first the stream's nonce
   * @throws WireError `too_many_records`
   */
  seal(plaintext: Buffer): Buffer {
    const parts: Buffer[] = [];
    for (let start = 0; start < plaintext.length; start += MAX_RECORD_PLAINTEXT_BYTES) {
      if (!this.sequence) {
        const streamNonce = this.randomBytes(NONCE_BYTES);
        this.sequence = new RecordSequence(streamNonce, this.maxRecords);
        parts.push(streamNonce);
      }
      parts.push(...this.record(this.sequence, plaintext.subarray(start, start + MAX_RECORD_PLAINTEXT_BYTES)));
    }
    return Buffer.concat(parts);
  }

  private record(sequence: RecordSequence, plaintext: Buffer): Buffer[] {
    const associated = sequence.associatedData(plaintext.length + TAG_BYTES);
    const length = Buffer.from(associated.subarray(NONCE_BYTES, NONCE_BYTES + LENGTH_BYTES));
    const cipher = createCipheriv(AEAD_CIPHER, this.key, sequence.nonce).setAAD(associated);
    const ciphertext = cipher.update(plaintext);
    cipher.final();
    sequence.advance();
    return [length, ciphertext, cipher.getAuthTag()];
  }
}

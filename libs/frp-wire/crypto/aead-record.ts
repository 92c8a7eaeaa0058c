import { MAX_GCM_RECORDS } from '../limits';
import { WireError } from '../wire-error';

/**
 * The record layer of an encrypted v2 control (golib `crypto/aead_stream.go`): the stream's nonce once, in clear, then records of
 * uint32 length, ciphertext and tag. A record is authenticated with the stream's nonce and its own length, under a nonce that
 * counts up from the stream's; so none can be changed, dropped or moved. Where records begin and end means nothing.
 */
export const AEAD_CIPHER = 'aes-256-gcm';
export const NONCE_BYTES = 12;
export const LENGTH_BYTES = 4;
export const TAG_BYTES = 16;

/** What authenticates and numbers the records of one direction. */
export class RecordSequence {
  /** The nonce of the record that comes next. */
  readonly nonce: Buffer;
  private readonly associated: Buffer;
  private records = 0;

  /** @param streamNonce copied */
  constructor(
    streamNonce: Buffer,
    private readonly maxRecords = MAX_GCM_RECORDS,
  ) {
    this.nonce = Buffer.from(streamNonce);
    this.associated = Buffer.concat([streamNonce, Buffer.alloc(LENGTH_BYTES)]);
  }

  /**
   * What the record that comes next is authenticated with.
   * @param ciphertextBytes its length, tag included
   * @throws WireError `too_many_records`
   */
  associatedData(ciphertextBytes: number): Buffer {
    if (this.records >= this.maxRecords) throw new WireError('too_many_records', 'the key has sealed all that it may');
    this.associated.writeUInt32BE(ciphertextBytes, NONCE_BYTES);
    return this.associated;
  }

  /** The record is done. */
  advance(): void {
    this.records++;
    for (let i = NONCE_BYTES - 1; i >= 0; i--) {
      const byte = ((this.nonce[i] ?? 0) + 1) & 0xff;
      this.nonce[i] = byte;
      if (byte !== 0) return;
    }
    // To count on from zero would be a nonce that no peer expects.
    throw new WireError('too_many_records', 'the nonce has come to its end');
  }
}

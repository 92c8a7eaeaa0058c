import { createDecipheriv, type KeyObject } from 'node:crypto';
import { PendingBytes } from '../codecs/pending-bytes';
import { MAX_RECORD_PLAINTEXT_BYTES } from '../limits';
import { WireError } from '../wire-error';
import { AEAD_CIPHER, LENGTH_BYTES, NONCE_BYTES, RecordSequence, TAG_BYTES } from './aead-record';

/** Reads the records of one direction, however they were split. After an error it is not to be used again. */
export class AeadOpener {
  private readonly pending = new PendingBytes();
  private sequence: RecordSequence | undefined;

  constructor(
    private readonly key: KeyObject,
    private readonly maxRecords?: number,
  ) {}

  /**
   * @param chunk not changed and not kept
   * @returns the plaintext of the records that are whole now
   * @throws WireError `bad_record`, `forged_record`, `too_many_records`
   */
  open(chunk: Buffer): Buffer {
    this.pending.push(chunk);
    const parts: Buffer[] = [];
    for (let plaintext = this.record(); plaintext !== undefined; plaintext = this.record()) parts.push(plaintext);
    this.pending.settle();
    return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
  }

  /**
   * The peer has ended, which it may do between records.
   * @throws WireError `truncated`
   */
  finish(): void {
    if (this.pending.length > 0) throw new WireError('truncated', 'the stream ends within a record');
  }

  private record(): Buffer | undefined {
    const { pending } = this;
    this.sequence ??= this.takeNonce();
    if (this.sequence === undefined || pending.length < LENGTH_BYTES) return undefined;
    const ciphertextBytes = pending.uint32At(0);
    if (ciphertextBytes < TAG_BYTES || ciphertextBytes > MAX_RECORD_PLAINTEXT_BYTES + TAG_BYTES) {
      throw new WireError('bad_record', `a record of ${String(ciphertextBytes)} bytes can't be`);
    }
    const associated = this.sequence.associatedData(ciphertextBytes);
    const end = LENGTH_BYTES + ciphertextBytes;
    if (pending.length < end) return undefined;

    const decipher = createDecipheriv(AEAD_CIPHER, this.key, this.sequence.nonce, { authTagLength: TAG_BYTES })
      .setAAD(associated)
      .setAuthTag(pending.view(end - TAG_BYTES, end));
    const plaintext = decipher.update(pending.view(LENGTH_BYTES, end - TAG_BYTES));
    try {
      decipher.final();
    } catch {
      throw new WireError('forged_record', 'a record was not sealed with this key, or not for this place');
    }
    this.sequence.advance();
    pending.consume(end);
    return plaintext;
  }

  private takeNonce(): RecordSequence | undefined {
    if (this.pending.length < NONCE_BYTES) return undefined;
    const sequence = new RecordSequence(this.pending.view(0, NONCE_BYTES), this.maxRecords);
    this.pending.consume(NONCE_BYTES);
    return sequence;
  }
}

import { compressSync } from 'snappy';
import type { ByteTransform } from '../codec-stream';
import { allocateOwnMemory, leaseOfOwnMemory } from '../detached-memory';
import { STREAM_LIMITS } from '../limits';
import { ADDON_OPTIONS, CHECKSUM_BYTES, CHUNK, HEADER_BYTES, IDENTIFIER, maskedChecksum } from './snappy-format';

/** No block of fewer bytes gets shorter. */
const MIN_COMPRESSED_BYTES = 16;
/** Writes the snappy framing format. Whatever is given to it leaves at once, as complete chunks, like from Go's unbuffered writer. */
export class SnappyEncoder implements ByteTransform {
  private hasBegun = false;

  update(chunk: Buffer): Buffer | readonly Buffer[] {
    const limit = STREAM_LIMITS.snappyChunkBytes;
    if (chunk.length === 0) return [];
    if (chunk.length <= limit) return this.encodeChunk(chunk);
    const chunks: Buffer[] = [];
    for (let offset = 0; offset < chunk.length; offset += limit) {
      chunks.push(this.encodeChunk(chunk.subarray(offset, offset + limit)));
    }
    return chunks;
  }

  private encodeChunk(plain: Buffer): Buffer {
    const compressed = plain.length < MIN_COMPRESSED_BYTES ? plain : compressSync(plain, ADDON_OPTIONS);
    // As Go's writer decides: an eighth must be saved for the work of decompressing.
    const isCompressed = compressed.length < plain.length - (plain.length >>> 3);
    const body = isCompressed ? compressed : plain;
    const start = this.hasBegun ? 0 : IDENTIFIER.length;
    const encoded = allocateOwnMemory(start + HEADER_BYTES + CHECKSUM_BYTES + body.length);
    if (!this.hasBegun) IDENTIFIER.copy(encoded);
    this.hasBegun = true;
    encoded[start] = isCompressed ? CHUNK.compressed : CHUNK.plain;
    encoded.writeUIntLE(CHECKSUM_BYTES + body.length, start + 1, 3);
    encoded.writeUInt32LE(maskedChecksum(plain), start + HEADER_BYTES);
    body.copy(encoded, start + HEADER_BYTES + CHECKSUM_BYTES);
    if (compressed !== plain) leaseOfOwnMemory(compressed)?.release();
    return encoded;
  }
}

import { uncompressSync } from 'snappy';
import type { ByteTransform } from '../codec-stream';
import { STREAM_LIMITS } from '../limits';
import {
  ADDON_OPTIONS,
  CHECKSUM_BYTES,
  CHUNK,
  HEADER_BYTES,
  IDENTIFIER,
  SnappyError,
  maskedChecksum,
} from './snappy-format';

const UNCOMPRESS_OPTIONS = { asBuffer: true, ...ADDON_OPTIONS };
const IDENTIFIER_BODY = IDENTIFIER.subarray(HEADER_BYTES);
/** What a block of the greatest length can grow to by "compression": 32 + n + n/6 (google/snappy, MaxCompressedLength). */
const MAX_BLOCK_BYTES = 32 + STREAM_LIMITS.snappyChunkBytes + Math.floor(STREAM_LIMITS.snappyChunkBytes / 6);

/**
 * Reads the snappy framing format, however it is cut. `header` → `body` or `skip` → `header`. Lengths are checked when the header is
 * there, and the length of what a block expands to before it is expanded; so at most one chunk is kept.
 */
export class SnappyDecoder implements ByteTransform {
  private state: 'header' | 'body' | 'skip' = 'header';
  private hasIdentifier = false;
  private readonly header = Buffer.alloc(HEADER_BYTES);
  private type = 0;
  /** Bytes of the header or the body that are there, and how many the body or what is skipped has in all. */
  private filled = 0;
  private needed = 0;
  private body: Buffer | undefined;

  /** @throws SnappyError */
  update(chunk: Buffer): Buffer | readonly Buffer[] {
    const decoded: Buffer[] = [];
    let offset = 0;
    while (offset < chunk.length) {
      if (this.state === 'header') offset = this.readHeader(chunk, offset);
      else if (this.state === 'skip') offset = this.skip(chunk, offset);
      else offset = this.readBody(chunk, offset, decoded);
    }
    return decoded.length === 1 && decoded[0] !== undefined ? decoded[0] : decoded;
  }

  /** @throws SnappyError when a chunk is incomplete */
  finish(): void {
    if (this.state !== 'header' || this.filled > 0) throw new SnappyError('truncated');
  }

  private readHeader(chunk: Buffer, offset: number): number {
    const bytes = Math.min(HEADER_BYTES - this.filled, chunk.length - offset);
    chunk.copy(this.header, this.filled, offset, offset + bytes);
    this.filled += bytes;
    if (this.filled < HEADER_BYTES) return offset + bytes;
    this.filled = 0;
    this.type = this.header.readUInt8(0);
    this.needed = this.header.readUIntLE(1, 3);
    this.checkHeader();
    if (this.type >= CHUNK.firstSkippable && this.type !== CHUNK.identifier) {
      if (this.needed > 0) this.state = 'skip';
    } else {
      this.state = 'body';
    }
    return offset + bytes;
  }

  private checkHeader(): void {
    const { type, needed } = this;
    if (type === CHUNK.identifier) {
      if (needed !== IDENTIFIER_BODY.length) throw new SnappyError('bad-identifier');
      return;
    }
    if (!this.hasIdentifier) throw new SnappyError('no-identifier');
    if (type >= CHUNK.firstSkippable) return;
    if (type > CHUNK.plain) throw new SnappyError('unknown-chunk');
    const most = type === CHUNK.plain ? STREAM_LIMITS.snappyChunkBytes : MAX_BLOCK_BYTES;
    if (needed < CHECKSUM_BYTES || needed > CHECKSUM_BYTES + most) throw new SnappyError('bad-length');
  }

  private skip(chunk: Buffer, offset: number): number {
    const bytes = Math.min(this.needed, chunk.length - offset);
    this.needed -= bytes;
    if (this.needed === 0) this.state = 'header';
    return offset + bytes;
  }

  private readBody(chunk: Buffer, offset: number, decoded: Buffer[]): number {
    const bytes = Math.min(this.needed - this.filled, chunk.length - offset);
    if (this.filled === 0 && bytes === this.needed) {
      this.finishBody(chunk.subarray(offset, offset + bytes), decoded);
    } else {
      this.body ??= Buffer.allocUnsafe(this.needed);
      chunk.copy(this.body, this.filled, offset, offset + bytes);
      this.filled += bytes;
      if (this.filled === this.needed) this.finishBody(this.body, decoded);
    }
    return offset + bytes;
  }

  private finishBody(body: Buffer, decoded: Buffer[]): void {
    this.state = 'header';
    this.filled = 0;
    this.body = undefined;
    if (this.type === CHUNK.identifier) {
      if (!body.equals(IDENTIFIER_BODY)) throw new SnappyError('bad-identifier');
      this.hasIdentifier = true;
      return;
    }
    const data = body.subarray(CHECKSUM_BYTES);
    const plain = this.type === CHUNK.plain ? Buffer.from(data) : expand(data);
    if (maskedChecksum(plain) !== body.readUInt32LE(0)) throw new SnappyError('bad-checksum');
    if (plain.length > 0) decoded.push(plain);
  }
}

function expand(block: Buffer): Buffer {
  const expected = expandedLength(block);
  if (expected > STREAM_LIMITS.snappyChunkBytes) throw new SnappyError('bad-length');
  let plain: Buffer | string;
  try {
    plain = uncompressSync(block, UNCOMPRESS_OPTIONS);
  } catch {
    throw new SnappyError('corrupt-block');
  }
  if (!Buffer.isBuffer(plain) || plain.length !== expected) throw new SnappyError('corrupt-block');
  return plain;
}

/** The varint that a block begins with. */
function expandedLength(block: Buffer): number {
  let length = 0;
  for (let index = 0; index < 5; index++) {
    const byte = block[index];
    if (byte === undefined) break;
    length += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return length;
  }
  throw new SnappyError('corrupt-block');
}

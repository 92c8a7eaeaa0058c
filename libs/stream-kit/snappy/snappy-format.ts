import { crc32c } from '@node-rs/crc32';

/** Types of chunks of the snappy framing format (google/snappy, framing_format.txt). 80 to fe may be skipped, 02 to 7f may not. */
export const CHUNK = { compressed: 0x00, plain: 0x01, firstSkippable: 0x80, identifier: 0xff } as const;

/** What a stream begins with: a chunk of its own. */
export const IDENTIFIER = Buffer.from('ff060000734e61507059', 'hex');

/**
 * Of calls to the addon. Without it every result keeps the room of the worst case, 76 kB that V8 knows nothing of and that is given back
 * a turn after it was collected: hundreds of megabytes, at full speed.
 */
export const ADDON_OPTIONS = { copyOutputData: true } as const;

export const HEADER_BYTES = 4;
export const CHECKSUM_BYTES = 4;

/** A closed set: what can be wrong with a snappy stream. */
export type SnappyErrorCode =
  'no-identifier' | 'bad-identifier' | 'unknown-chunk' | 'bad-length' | 'corrupt-block' | 'bad-checksum' | 'truncated';

/** Bytes that are no snappy stream. */
export class SnappyError extends Error {
  constructor(readonly code: SnappyErrorCode) {
    super(`not a snappy stream: ${code}`);
    this.name = 'SnappyError';
  }
}

/** CRC-32C of uncompressed bytes in the masked form of the format (section 3). */
export function maskedChecksum(bytes: Buffer): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** A new block costs about a microsecond: it has to last for some frames with payload, too. */
const BLOCK_BYTES = 16_384;

/**
 * Memory for headers and short payloads, cut from one block after the other: a view costs a third of a buffer of its own. All
 * sessions share the block of the moment, so that an idle one holds none. A part that was cut is never used again.
 */
class HeaderBlocks {
  private block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  private used = 0;

  /** The block of the moment. */
  get current(): Buffer {
    return this.block;
  }

  /** @returns where in {@link current}, which may be a new one, `bytes` begin that are the caller's; `bytes` is 1,024 at most */
  cut(bytes: number): number {
    if (this.used + bytes > BLOCK_BYTES) {
      this.block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
      this.used = 0;
    }
    const offset = this.used;
    this.used += bytes;
    return offset;
  }
}

export const headerBlocks = new HeaderBlocks();

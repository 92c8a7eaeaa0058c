import { createCipheriv, createHash } from 'node:crypto';

const BLOCK_BYTES = 65_536;

/** Who sends: each has bytes of its own, so that what was sent back can't pass for what was to come. */
export type Sender = 'user' | 'service';

/** Half of it can be compressed and half of it can't. */
const BLOCKS: Readonly<Record<Sender, Buffer>> = { user: blockOf(1), service: blockOf(2) };

function blockOf(seed: number): Buffer {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, seed), Buffer.alloc(16));
  return Buffer.concat([cipher.update(Buffer.alloc(BLOCK_BYTES / 2)), Buffer.alloc(BLOCK_BYTES / 2, 'tollgate ')]);
}

/** The first `bytes` of what `sender` sends: no block is like another. */
export function* patternOf(sender: Sender, bytes: number): Generator<Buffer> {
  for (let offset = 0; offset < bytes; offset += BLOCK_BYTES) {
    const block = Buffer.from(BLOCKS[sender]);
    block.writeUInt32BE(offset / BLOCK_BYTES, 4);
    yield block.subarray(0, bytes - offset);
  }
}

/** Hex of their SHA-256. */
export function patternSha256(sender: Sender, bytes: number): string {
  const hash = createHash('sha256');
  for (const block of patternOf(sender, bytes)) hash.update(block);
  return hash.digest('hex');
}

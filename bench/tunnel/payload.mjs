import { randomBytes } from 'node:crypto';

const CHUNK_BYTES = 64 * 1024;
const STEP_BYTES = 512;
const TEXT = Buffer.from(
  '{"status":"ok","items":[],"next":null,"message":"The quick brown fox jumps over the lazy dog"}\n'.repeat(6),
);

/** What bulk transfers consist of: half of it random, half text, in turn, so that it compresses to about half. */
export const PAYLOAD = makePayload();

function makePayload() {
  const payload = randomBytes(CHUNK_BYTES);
  for (let offset = 0; offset < CHUNK_BYTES; offset += 2 * STEP_BYTES) TEXT.copy(payload, offset, 0, STEP_BYTES);
  return payload;
}

/**
 * Writes so many bytes of the payload, as fast as the socket takes them.
 * @param {import('node:net').Socket} socket
 * @param {number} bytes
 */
export function writePayload(socket, bytes) {
  let left = bytes;
  const writeOn = () => {
    while (left > 0) {
      const chunk = left >= CHUNK_BYTES ? PAYLOAD : PAYLOAD.subarray(0, left);
      left -= chunk.length;
      if (!socket.write(chunk)) {
        socket.once('drain', writeOn);
        return;
      }
    }
  };
  writeOn();
}

import type { Readable } from 'node:stream';
import { CliError } from '../cli-error';

const MAX_BYTES = 64 * 1024;

/** Everything on a stream up to the end of its first line, without the line end. */
export async function readFirstLine(stream: Readable): Promise<string> {
  const bytes = await readAtMost(stream, MAX_BYTES);
  return (bytes.toString('utf8').split('\n', 1)[0] ?? '').replace(/\r$/, '');
}

/**
 * A whole stream.
 * @throws CliError when it is longer than `maxBytes`
 */
export async function readAtMost(stream: Readable, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk as Uint8Array | string);
    length += bytes.length;
    if (length > maxBytes) throw new CliError(`standard input is longer than ${String(maxBytes)} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

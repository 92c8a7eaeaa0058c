import { CfbDecoder, CfbEncoder, type RandomBytes, type StreamKey } from '@tollgate/frp-wire';
import { type ByteStream, CodecStream, SnappyDecoder, SnappyEncoder } from '@tollgate/stream-kit';

/** How the bytes of a proxy look on its work connections. */
export interface WorkEncoding {
  readonly useEncryption: boolean;
  readonly useCompression: boolean;
  /** Of the client's token. */
  readonly key: StreamKey;
  readonly randomBytes: RandomBytes;
}

/**
 * What a proxy reads and writes on a work connection, behind its StartWorkConn: compressed first and then enciphered (§5.3 of the
 * protocol reference).
 */
export function encodeWorkStream(stream: ByteStream, encoding: WorkEncoding): ByteStream {
  const { useEncryption, useCompression, key, randomBytes } = encoding;
  const enciphered = useEncryption
    ? new CodecStream(stream, { encoder: new CfbEncoder(key, randomBytes), decoder: cfbTransform(key) })
    : stream;
  if (!useCompression) return enciphered;
  return new CodecStream(enciphered, { encoder: new SnappyEncoder(), decoder: new SnappyDecoder() });
}

function cfbTransform(key: StreamKey): { update(chunk: Buffer): Buffer } {
  const decoder = new CfbDecoder(key);
  return { update: (chunk) => decoder.push(chunk) };
}

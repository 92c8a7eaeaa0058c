import { CfbDecoder, CfbEncoder, type RandomBytes, type StreamKey } from '@tollgate/frp-wire';
import { type ByteStream, CodecStream, SnappyDecoder, SnappyEncoder } from '@tollgate/stream-kit';
import type { ProxyOptions } from './options';

/** What a proxy's users send, in clear: on the wire it is compressed first and enciphered then. */
export function payloadOf(
  stream: ByteStream,
  { useEncryption = false, useCompression = false }: ProxyOptions,
  key: StreamKey,
  randomBytes: RandomBytes,
): ByteStream {
  let payload = stream;
  if (useEncryption) {
    const decoder = new CfbDecoder(key);
    payload = new CodecStream(payload, {
      encoder: new CfbEncoder(key, randomBytes),
      decoder: {
        update: (chunk) => decoder.push(chunk),
        finish: () => {
          decoder.finish();
        },
      },
    });
  }
  if (useCompression) {
    payload = new CodecStream(payload, { encoder: new SnappyEncoder(), decoder: new SnappyDecoder() });
  }
  return payload;
}

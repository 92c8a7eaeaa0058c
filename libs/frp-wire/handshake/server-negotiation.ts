import { FrameType } from '../codecs/v2-frame';
import { transcriptOf, type V2Agreement } from '../crypto/v2-keys';
import { errorTexts } from '../error-texts';
import { HELLO_RANDOM_BYTES } from '../limits';
import type { RandomBytes } from '../random-bytes';
import { type ClientHello, encodeHello, JSON_CODEC, payloadOf, SERVER_HELLO_FIELDS } from './hello';
import type { ReceivedClientHello } from './opening-decoder';

/** What the server can do. A client lists what it prefers first. */
const ALGORITHM = 'aes-256-gcm';

/** In both cases `frame`, the ServerHello, is to be sent; after a refusal the stream is to be ended. */
export type HelloAnswer =
  | { readonly accepted: true; readonly frame: Buffer; readonly agreement: V2Agreement }
  | { readonly accepted: false; readonly frame: Buffer; readonly error: string };

/** Chooses for both, as frps does (`pkg/proto/wire`, `NewServerHello`). No token is needed yet. */
export function answerClientHello({ hello, payload }: ReceivedClientHello, randomBytes: RandomBytes): HelloAnswer {
  const error = findRefusal(hello);
  if (error !== undefined) return { accepted: false, frame: encode('', Buffer.alloc(0), error), error };
  const frame = encode(ALGORITHM, randomBytes(HELLO_RANDOM_BYTES), '');
  const agreement = { algorithm: ALGORITHM, transcript: transcriptOf(payload, payloadOf(frame)) } as const;
  return { accepted: true, frame, agreement };
}

function findRefusal({ capabilities: { message, crypto } }: ClientHello): string | undefined {
  if (!message.codecs.includes(JSON_CODEC)) return errorTexts.helloUnsupportedCodec;
  const { length } = crypto.clientRandom;
  if (length !== HELLO_RANDOM_BYTES) return errorTexts.helloBadRandom(length, HELLO_RANDOM_BYTES);
  if (!crypto.algorithms.includes(ALGORITHM)) return errorTexts.helloNoCommonAlgorithm;
  return undefined;
}

function encode(algorithm: string, serverRandom: Buffer, error: string): Buffer {
  const selected = { message: { codec: JSON_CODEC }, crypto: { algorithm, serverRandom } };
  return encodeHello(FrameType.serverHello, SERVER_HELLO_FIELDS, { selected, error });
}

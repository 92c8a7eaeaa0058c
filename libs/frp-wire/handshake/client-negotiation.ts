import { FrameType, peekFrameHeader, takePayload, unexpectedFrame } from '../codecs/v2-frame';
import { WireDecoder } from '../codecs/wire-decoder';
import { transcriptOf, type V2Agreement } from '../crypto/v2-keys';
import { HELLO_RANDOM_BYTES } from '../limits';
import type { RandomBytes } from '../random-bytes';
import { WireError } from '../wire-error';
import {
  type Bootstrap,
  CLIENT_HELLO_FIELDS,
  decodeHello,
  encodeHello,
  JSON_CODEC,
  payloadOf,
  SERVER_HELLO_FIELDS,
} from './hello';

const OFFERED = 'aes-256-gcm';

/** The ServerHello as a client takes it. */
export type ServerChoice =
  { readonly accepted: true; readonly agreement: V2Agreement } | { readonly accepted: false; readonly error: string };

/** Reads what a client gets before its LoginResp: the payload of a ServerHello. What follows is `v2Codec`'s. */
export class ServerHelloDecoder extends WireDecoder<Buffer> {
  protected override read(): Buffer | undefined {
    const header = peekFrameHeader(this.pending);
    if (header !== undefined && header.type !== FrameType.serverHello) throw unexpectedFrame(header.type);
    return takePayload(this.pending, FrameType.serverHello);
  }
}

/** A client's half of the negotiation. It takes nothing but AES-256-GCM. */
export class ClientNegotiation {
  /** The ClientHello, to be sent behind the magic. */
  readonly frame: Buffer;

  /** @param alsoOffered algorithms named behind ours, as frpc does: a server that takes one of them is refused */
  constructor(bootstrap: Bootstrap, randomBytes: RandomBytes, alsoOffered: readonly string[] = []) {
    const crypto = { algorithms: [OFFERED, ...alsoOffered], clientRandom: randomBytes(HELLO_RANDOM_BYTES) };
    const capabilities = { message: { codecs: [JSON_CODEC] }, crypto };
    this.frame = encodeHello(FrameType.clientHello, CLIENT_HELLO_FIELDS, { bootstrap, capabilities });
  }

  /**
   * @param payload that of the ServerHello's frame, as it came
   * @throws WireError `bad_json`, `bad_field`; `bad_server_hello` for a choice that wasn't offered
   */
  readServerHello(payload: Buffer): ServerChoice {
    const { selected, error } = decodeHello(SERVER_HELLO_FIELDS, payload);
    if (error !== '') return { accepted: false, error };
    if (selected.message.codec !== JSON_CODEC) throw new WireError('bad_server_hello', 'another codec was selected');
    if (selected.crypto.algorithm !== OFFERED)
      throw new WireError('bad_server_hello', 'another algorithm was selected');
    if (selected.crypto.serverRandom.length !== HELLO_RANDOM_BYTES) {
      throw new WireError('bad_server_hello', 'the server random has a wrong length');
    }
    return {
      accepted: true,
      agreement: { algorithm: OFFERED, transcript: transcriptOf(payloadOf(this.frame), payload) },
    };
  }
}

import type { PendingBytes } from '../codecs/pending-bytes';
import { readV1Message } from '../codecs/v1-codec';
import { readV2Message } from '../codecs/v2-codec';
import { FrameType, peekFrameHeader, takePayload, V2_MAGIC } from '../codecs/v2-frame';
import { codecOfFirstByte, v1Codec, v2Codec, type WireCodec } from '../codecs/wire-codec';
import { WireDecoder } from '../codecs/wire-decoder';
import type { FrpMessage } from '../messages/message';
import { WireError } from '../wire-error';
import { CLIENT_HELLO_FIELDS, type ClientHello, decodeHello } from './hello';

export interface ReceivedClientHello {
  readonly hello: ClientHello;
  /** As it was on the wire: part of the transcript. */
  readonly payload: Buffer;
}

/** What a logical stream of a client begins with. */
export type OpeningStep =
  /** v2 only, and there in front of Login at least; to be answered before the message is. */
  | { readonly step: 'clientHello'; readonly received: ReceivedClientHello }
  /** The message that gives the stream its role. */
  | { readonly step: 'message'; readonly message: FrpMessage; readonly codec: WireCodec };

/**
 * Reads the beginning of a logical stream at the server: the version, v2's magic, a hello, and the first message, whatever its type.
 * What comes behind that message stays for whoever reads the stream next.
 *
 * States: `first byte` → `v1 message`, or `magic` → `hello or v2 message` → after a hello `v2 message`; then `done`.
 */
export class OpeningDecoder extends WireDecoder<OpeningStep> {
  private state: 'first byte' | 'v1 message' | 'magic' | 'hello or v2 message' | 'v2 message' | 'done' = 'first byte';

  protected override read(): OpeningStep | undefined {
    const { pending } = this;
    if (this.state === 'first byte' && pending.length > 0) {
      this.state = codecOfFirstByte(pending.byteAt(0)) === v2Codec ? 'magic' : 'v1 message';
    }
    if (this.state === 'magic' && takeMagic(pending)) this.state = 'hello or v2 message';
    switch (this.state) {
      case 'v1 message':
        return this.done(v1Codec, readV1Message(pending));
      case 'hello or v2 message':
        return this.findHello() ?? this.done(v2Codec, readV2MessageUnlessHello(pending));
      case 'v2 message':
        return this.done(v2Codec, readV2Message(pending));
      case 'first byte':
      case 'magic':
      case 'done':
        return undefined;
    }
  }

  private findHello(): OpeningStep | undefined {
    const payload = takePayload(this.pending, FrameType.clientHello);
    if (payload === undefined) return undefined;
    this.state = 'v2 message';
    return { step: 'clientHello', received: { hello: decodeHello(CLIENT_HELLO_FIELDS, payload), payload } };
  }

  private done(codec: WireCodec, message: FrpMessage | undefined): OpeningStep | undefined {
    if (message === undefined) return undefined;
    this.state = 'done';
    return { step: 'message', message, codec };
  }
}

/** @returns whether it is whole; until then what there is must be a part of it */
function takeMagic(pending: PendingBytes): boolean {
  const bytes = Math.min(pending.length, V2_MAGIC.length);
  if (!pending.view(0, bytes).equals(V2_MAGIC.subarray(0, bytes))) {
    throw new WireError('bad_magic', 'begins like wire protocol v2 and goes on otherwise');
  }
  if (bytes < V2_MAGIC.length) return false;
  pending.consume(bytes);
  return true;
}

/** A hello that isn't whole yet is no error. */
function readV2MessageUnlessHello(pending: PendingBytes): FrpMessage | undefined {
  return peekFrameHeader(pending)?.type === FrameType.clientHello ? undefined : readV2Message(pending);
}

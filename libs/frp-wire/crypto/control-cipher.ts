import type { RandomBytes } from '../random-bytes';
import { AeadOpener } from './aead-opener';
import { AeadSealer } from './aead-sealer';
import { CfbDecoder } from './cfb-decoder';
import { CfbEncoder } from './cfb-encoder';
import type { StreamKey } from './stream-key';
import { controlKey, type Direction, type V2Agreement } from './v2-keys';

/** Both directions of a control behind its LoginResp, at one end. */
export interface ControlCipher {
  /**
   * @param plaintext bytes of encoded messages; not changed and not kept
   * @returns what goes onto the wire; for nothing, nothing
   * @throws WireError `too_many_records`
   */
  seal(plaintext: Buffer): Buffer;
  /**
   * @param chunk as it came; not changed and not kept
   * @returns as much more of the plaintext as is known now. With v1 a wrong token shows in it, as garbage
   * @throws WireError with v2 only: `bad_record`, `forged_record`, `too_many_records`
   */
  open(chunk: Buffer): Buffer;
  /**
   * The peer has ended.
   * @throws WireError `truncated` when it may not do so here
   */
  finish(): void;
}

/** @param key of the client's token; both ends use the same */
export function v1ControlCipher(key: StreamKey, randomBytes: RandomBytes): ControlCipher {
  const encoder = new CfbEncoder(key, randomBytes);
  const decoder = new CfbDecoder(key);
  return {
    seal: (plaintext) => encoder.update(plaintext),
    open: (chunk) => decoder.push(chunk),
    finish: () => {
      decoder.finish();
    },
  };
}

/**
 * @param agreement what the hellos have settled, on AES-256-GCM
 * @param end which one this is
 */
export function v2ControlCipher(
  agreement: V2Agreement,
  token: string,
  end: 'client' | 'server',
  randomBytes: RandomBytes,
): ControlCipher {
  const [outward, inward]: readonly [Direction, Direction] =
    end === 'server' ? ['server-to-client', 'client-to-server'] : ['client-to-server', 'server-to-client'];
  const sealer = new AeadSealer(controlKey(agreement, token, outward), randomBytes);
  const opener = new AeadOpener(controlKey(agreement, token, inward));
  return {
    seal: (plaintext) => sealer.seal(plaintext),
    open: (chunk) => opener.open(chunk),
    finish: () => {
      opener.finish();
    },
  };
}

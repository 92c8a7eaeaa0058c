import { once } from 'node:events';
import { loginKey, v1Codec } from '@tollgate/frp-wire';
import { Flag, FrameType } from '@tollgate/yamux';
import { Stranger } from './strangers';

const HEADER_BYTES = 12;
const CONTROL_ID = 1;

/** A header of yamux, whatever it says. */
export function muxHeader(type: number, flags: number, id: number, length: number, version = 0): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header[0] = version;
  header[1] = type;
  header.writeUInt16BE(flags, 2);
  header.writeUInt32BE(id, 4);
  header.writeUInt32BE(length, 8);
  return header;
}

export function synOf(id: number): Buffer {
  return muxHeader(FrameType.windowUpdate, Flag.syn, id, 0);
}

export function dataOf(id: number, payload: Buffer, flags: number = Flag.none): Buffer {
  return Buffer.concat([muxHeader(FrameType.data, flags, id, payload.length), payload]);
}

/** A login as frpc sends it, in clear. */
export function loginMessage(token: string, fields: { readonly runId?: string } = {}): Buffer {
  const timestamp = Math.floor(Date.now() / 1000);
  return v1Codec.encode({
    type: 'login',
    version: '0.70.1',
    privilegeKey: loginKey(token, timestamp),
    timestamp,
    poolCount: 0,
    ...fields,
  });
}

/** A connection with a session of yamux, whose frames are written by hand and in any order. */
export class RawMux extends Stranger {
  /** Writes, and waits until it has gone or the connection has. */
  async write(bytes: Buffer): Promise<void> {
    if (this.isGone) return;
    if (!this.socket.write(bytes)) await Promise.race([once(this.socket, 'drain'), this.gone]).catch(() => undefined);
  }

  /** Logs in on its first stream. @throws when it is not answered by a run id */
  async logIn(token: string): Promise<void> {
    await this.write(Buffer.concat([synOf(CONTROL_ID), dataOf(CONTROL_ID, loginMessage(token))]));
    for (;;) {
      if (this.heard.includes('run_id')) return;
      if (this.isGone) throw new Error(`the login was not answered: ${this.heard}`);
      await Promise.race([once(this.socket, 'data'), this.gone]);
    }
  }
}

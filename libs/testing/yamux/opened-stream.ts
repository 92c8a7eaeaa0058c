import type { YamuxRole, YamuxStream } from '@tollgate/yamux';
import { RawYamuxPeer, type TestedOptions } from './raw-yamux-peer';
import type { YamuxFrame } from './yamux-frames';

export const syn: YamuxFrame = { type: 'windowUpdate', flags: ['syn'], id: 1 };
export const fin: YamuxFrame = { type: 'windowUpdate', flags: ['fin'], id: 1 };
export const rst: YamuxFrame = { type: 'windowUpdate', flags: ['rst'], id: 1 };

export function data(payload: string | Buffer, id = 1): YamuxFrame {
  return { type: 'data', id, payload: Buffer.from(payload) };
}

/** A session with stream 1, which nothing is left to be said about. */
export function openedStream(
  role: YamuxRole,
  options: TestedOptions = {},
): { peer: RawYamuxPeer; stream: YamuxStream } {
  const peer = new RawYamuxPeer(role, options);
  let stream: YamuxStream | undefined;
  if (role === 'client') {
    stream = peer.session.openStream();
    peer.send({ ...syn, flags: ['ack'] });
  } else {
    peer.send(syn);
    [stream] = peer.streams;
  }
  expect(peer.answers()).toEqual([role === 'client' ? 'windowUpdate syn #1 0' : 'windowUpdate ack #1 0']);
  if (stream === undefined) throw new Error('no stream');
  return { peer, stream };
}

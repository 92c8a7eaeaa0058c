import { once } from 'node:events';
import { connect } from 'node:net';
import { type ByteStream, type EndingRelays, Relay, SocketStream, type TurnFlusher } from '@tollgate/stream-kit';

/**
 * Joins a user with a local service until either ends, as frpc does; a service that can't be reached ends the stream.
 * @param user paused, with the users' bytes in clear
 */
export async function serveByTcp(
  user: ByteStream,
  { host = '127.0.0.1', port }: { readonly host?: string; readonly port: number },
  shared: { readonly flusher: TurnFlusher; readonly endings: EndingRelays },
): Promise<void> {
  const socket = connect({ host, port, allowHalfOpen: true, noDelay: true });
  try {
    await once(socket, 'connect');
  } catch {
    endUnread(user);
    return;
  }
  const { flusher, endings } = shared;
  const owner = { count: () => undefined, onClose: () => undefined };
  new Relay(user, new SocketStream(socket, { flusher }), owner, { endings });
}

/** Ends a stream that nobody will read. */
export function endUnread(stream: ByteStream): void {
  stream.attach({
    onData: (_chunk, lease) => lease?.release(),
    onEnd: () => undefined,
    onDrain: () => undefined,
    onClose: () => undefined,
  });
  stream.end();
  stream.resume();
}

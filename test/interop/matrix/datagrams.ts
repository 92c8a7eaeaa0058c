import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** A server may be half a second late to ask for its work connection. */
const ANSWER_MS = 5000;

/** A local service behind a udp proxy that sends everything back. */
export async function startUdpEcho(): Promise<{ readonly port: number; stop(): void }> {
  const socket = createSocket('udp4');
  socket.on('message', (content, { port, address }) => {
    socket.send(content, port, address);
  });
  await once(socket.bind(0, '127.0.0.1'), 'listening');
  return { port: socket.address().port, stop: () => socket.close() };
}

/** Sends datagrams from one port, one after the other, and returns what comes back. Rejects when nothing does. */
export async function echoed(port: number, contents: readonly Buffer[]): Promise<Buffer[]> {
  const socket = createSocket('udp4');
  const answers: Buffer[] = [];
  try {
    for (const content of contents) {
      const answer = once(socket, 'message', { signal: AbortSignal.timeout(ANSWER_MS) });
      socket.send(content, port, '127.0.0.1');
      const [received] = (await answer) as [Buffer];
      answers.push(received);
    }
    return answers;
  } finally {
    socket.close();
  }
}

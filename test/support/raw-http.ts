import { connect } from 'node:net';

/** What a server wrote until it closed the connection, or fell silent. */
export interface RawAnswer {
  /** 0 when nothing came. */
  readonly status: number;
  readonly text: string;
  /** The body of the first answer. */
  readonly body: string;
  readonly closed: boolean;
}

const SILENCE_MS = 5_000;

/**
 * Sends bytes that no client would, over a connection of its own.
 * @param url base address of the api
 * @param end closes our half after the last byte
 */
export async function sendRaw(url: string, bytes: string | Buffer, end = false): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    const chunks: Buffer[] = [];
    const finish = (closed: boolean): void => {
      socket.destroy();
      const text = Buffer.concat(chunks).toString();
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);
      resolve({ status, text, body: text.slice(text.indexOf('\r\n\r\n') + 4), closed });
    };
    socket.setTimeout(SILENCE_MS, () => {
      finish(false);
    });
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', () => {
      finish(true);
    });
    socket.on('close', () => {
      finish(true);
    });
    socket.on('connect', () => {
      if (end) socket.end(bytes);
      else socket.write(bytes);
    });
  });
}

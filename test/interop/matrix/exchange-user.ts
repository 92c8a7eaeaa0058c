import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { Readable } from 'node:stream';
import { DIGEST_BYTES, REQUEST_BYTES } from './exchange-service';
import { patternOf } from './pattern';

/** SHA-256 in hex of what has arrived at either end. */
export interface Exchanged {
  readonly atUser: string;
  readonly atService: string;
}

export interface ExchangeOptions {
  /** The service closes when all is sent, instead of the user. */
  readonly serviceCloses?: boolean;
  /** Called when everything has come, before the user leaves. */
  readonly beforeLeaving?: () => void | Promise<void>;
}

/** Connects as a user and sends and gets so many bytes at once. Rejects when the connection ends before, with how far it came. */
export async function exchange(port: number, bytes: number, options: ExchangeOptions = {}): Promise<Exchanged> {
  const { serviceCloses = false, beforeLeaving } = options;
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  const answered = receive(socket, bytes, serviceCloses);
  const request = Buffer.alloc(REQUEST_BYTES);
  request.writeUInt32BE(bytes, 0);
  request[4] = serviceCloses ? 1 : 0;
  socket.write(request);
  Readable.from(patternOf('user', bytes), { objectMode: false, highWaterMark: 65_536 }).pipe(socket, { end: false });
  try {
    const exchanged = await answered;
    await beforeLeaving?.();
    return exchanged;
  } finally {
    socket.destroy();
  }
}

async function receive(socket: Socket, bytes: number, untilEnd: boolean): Promise<Exchanged> {
  const hash = createHash('sha256');
  const digest: Buffer[] = [];
  let received = 0;
  return new Promise((resolve, reject) => {
    const answer = (): void => {
      resolve({ atUser: hash.copy().digest('hex'), atService: Buffer.concat(digest).toString('hex') });
    };
    socket.on('data', (chunk) => {
      const payload = chunk.subarray(0, Math.max(0, bytes - received));
      hash.update(payload);
      digest.push(chunk.subarray(payload.length));
      received += chunk.length;
      if (received >= bytes + DIGEST_BYTES && !untilEnd) answer();
    });
    socket.once('error', reject);
    socket.once('close', () => {
      if (received >= bytes + DIGEST_BYTES) answer();
      else reject(new Error(`closed after ${String(received)} of ${String(bytes + DIGEST_BYTES)} bytes`));
    });
  });
}

import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../free-port';
import { FrpClient } from '../frp-client';
import type { ByteStream } from '@tollgate/stream-kit';

const PING_BYTES = 64;
const PING_EVERY_MS = 5;
const CONNECT_EVERY_MS = 100;
const GIVE_UP_MS = 10_000;

/** How a tenant fared who had nothing to do with it all. */
export interface Wellbeing {
  /** Round trips of 64 bytes on one connection, in milliseconds. */
  readonly pings: Spread;
  /** New connections, each until its first answer, in milliseconds. */
  readonly connects: Spread;
  /** What went wrong. */
  readonly failures: readonly string[];
}

export interface Spread {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: sorted.at(-1) ?? NaN };
}

/** Sends everything back. */
export function echo(stream: ByteStream): void {
  stream.attach({
    onData: (chunk, lease) => {
      stream.write(Buffer.from(chunk));
      lease?.release();
    },
    onEnd: () => {
      stream.end();
    },
    onDrain: () => undefined,
    onClose: () => undefined,
  });
  stream.resume();
}

/** A tenant with an echo behind a tcp proxy, and a user of it. */
export class Bystander {
  private constructor(
    private readonly clients: readonly FrpClient[],
    /** Of the users, one for each client. */
    readonly ports: readonly number[],
  ) {}

  /** With two clients: one has its streams multiplexed, the other a connection for each. */
  static async start(bindPort: number, token: string, from: string): Promise<Bystander> {
    const clients: FrpClient[] = [];
    const ports: number[] = [];
    for (const mux of [true, false]) {
      const client = await FrpClient.connect({ port: bindPort, from, token, mux });
      const port = await freePort();
      const { error } = await client.addProxy({
        type: 'tcp',
        name: mux ? 'mux' : 'single',
        remotePort: port,
        local: { handler: echo },
      });
      if (error !== '') throw new Error(error);
      clients.push(client);
      ports.push(port);
    }
    return new Bystander(clients, ports);
  }

  async stop(): Promise<void> {
    await Promise.all(this.clients.map(async (client) => client.close()));
  }

  /** Uses the tunnels until told to stop. @returns ends it */
  watch(): () => Promise<Wellbeing> {
    let isOver = false;
    const over = (): boolean => isOver;
    const failures: string[] = [];
    const pings: number[] = [];
    const connects: number[] = [];
    const fail = (error: unknown): void => {
      failures.push(String(error));
    };
    const running = [
      pingOn(this.ports[0] ?? 0, pings, over).catch(fail),
      ...this.ports.map(async (port) => {
        while (!over()) {
          await connectOnce(port).then((tookMs) => connects.push(tookMs), fail);
          await pause(CONNECT_EVERY_MS);
        }
      }),
    ];
    return async () => {
      isOver = true;
      await Promise.all(running);
      return { pings: spreadOf(pings), connects: spreadOf(connects), failures };
    };
  }
}

async function pingOn(port: number, tookMs: number[], over: () => boolean): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  try {
    await once(socket, 'connect');
    while (!over()) {
      tookMs.push(await askEcho(socket));
      await pause(PING_EVERY_MS);
    }
  } finally {
    socket.destroy();
  }
}

async function connectOnce(port: number): Promise<number> {
  const beganMs = performance.now();
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  try {
    await once(socket, 'connect');
    await askEcho(socket);
    return performance.now() - beganMs;
  } finally {
    socket.resetAndDestroy();
  }
}

async function askEcho(socket: Socket): Promise<number> {
  const beganMs = performance.now();
  const answered = new Promise<void>((resolve, reject) => {
    let missing = PING_BYTES;
    const late = setTimeout(() => {
      end(new Error('not answered in time'));
    }, GIVE_UP_MS);
    const onData = (chunk: Buffer): void => {
      missing -= chunk.length;
      if (missing <= 0) end();
    };
    const onClose = (): void => {
      end(new Error('the connection was closed'));
    };
    const end = (error?: Error): void => {
      clearTimeout(late);
      socket.off('data', onData).off('close', onClose).off('error', onClose);
      if (error === undefined) resolve();
      else reject(error);
    };
    socket.on('data', onData).on('close', onClose).on('error', onClose);
  });
  socket.write(Buffer.alloc(PING_BYTES, 'ping'));
  await answered;
  return performance.now() - beganMs;
}

import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A loopback port that leads to another one, until it is cut. */
export interface TcpRelay {
  readonly port: number;
  /** Resets every connection and refuses new ones. */
  cut(): void;
  /** Keeps every connection and never passes anything on again, as a network that swallows packets; new ones alike. */
  swallow(): void;
  /** New connections are as at the beginning; those that were swallowed stay dead. */
  mend(): void;
  stop(): Promise<void>;
}

/** @param target port on the loopback */
export async function startTcpRelay(target: number): Promise<TcpRelay> {
  let mode: 'pass' | 'cut' | 'swallow' = 'pass';
  const sockets = new Set<Socket>();
  /** The inner ends of dead connections. */
  const swallowed = new WeakSet<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
  };
  const server = createServer((inner) => {
    keep(inner);
    if (mode === 'cut') inner.resetAndDestroy();
    if (mode !== 'pass') return;
    const outer = connect(target, '127.0.0.1');
    keep(outer);
    for (const [from, to] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      from.on('data', (chunk) => {
        if (!swallowed.has(inner)) to.write(chunk);
      });
      from.once('close', () => {
        if (!swallowed.has(inner)) to.destroy();
      });
    }
  });
  const dropAll = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    cut: () => {
      mode = 'cut';
      dropAll();
    },
    swallow: () => {
      mode = 'swallow';
      for (const socket of sockets) swallowed.add(socket);
    },
    mend: () => {
      mode = 'pass';
    },
    stop: async () => {
      dropAll();
      await new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
    },
  };
}

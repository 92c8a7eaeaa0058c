import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below what systems give to outgoing connections, so that none of these takes a port meanwhile. */
const LOWEST = 20_000;
const COUNT = 10_000;

const given = new Set<number>();

/** A port that is free for TCP and UDP on every address, and is given to nobody else in this process. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * COUNT);
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const tcp = createServer().listen(port);
  const udp = createSocket('udp4').bind(port);
  const [tcpIsFree, udpIsFree] = await Promise.all([listens(tcp), listens(udp)]);
  if (tcpIsFree) tcp.close();
  if (udpIsFree) udp.close();
  return tcpIsFree && udpIsFree;
}

async function listens(socket: NodeJS.EventEmitter): Promise<boolean> {
  return once(socket, 'listening').then(
    () => true,
    () => false,
  );
}

import { type Socket, createSocket } from 'node:dgram';
import { randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { Attack } from './attack';
import { type Stranger, addressOf, allGone, crowd } from './strangers';

const SLACK_MS = 5_000;
const ADDRESSES = 8;
const LARGEST_DATAGRAM = 65_507;

/** Requests that two readers could take for different ones (RFC 9112, sections 6.1 and 11.2): each has to be refused. */
const SMUGGLING: readonly string[] = [
  'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: HOST\r\n\r\n',
  'Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcdGET /smuggled HTTP/1.1\r\nHost: HOST\r\n\r\n',
  'Content-Length: 4, 5\r\n\r\nabcdGET /smuggled HTTP/1.1\r\nHost: HOST\r\n\r\n',
  'Content-Length: +4\r\n\r\nabcdGET /smuggled HTTP/1.1\r\nHost: HOST\r\n\r\n',
  'Content-Length: 0x4\r\n\r\nabcdGET /smuggled HTTP/1.1\r\nHost: HOST\r\n\r\n',
  'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: HOST\r\n\r\n',
  'Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: HOST\r\n\r\n',
  'Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: HOST\r\n\r\n',
  'Transfer-Encoding : chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: HOST\r\n\r\n',
  'X: y\n\nGET /smuggled HTTP/1.1\r\nHost: HOST\r\n\r\n',
  ' folded: 1\r\n\r\n',
  'Host: other.example\r\n\r\n',
  'X\0: y\r\n\r\n',
];

/** What users of proxies do, who may be anybody. */
export const USER_ATTACKS: readonly Attack[] = [
  {
    name: 'http: heads that come byte by byte',
    run: async ({ httpPort, httpHost }, { factor }) => {
      const head = `GET / HTTP/1.1\r\nHost: ${httpHost}\r\nX: `;
      const users = await crowd({ count: 2_000 * factor, atOnce: 4_000 }, (index) => ({
        port: httpPort,
        from: addressOf(index, ADDRESSES),
        says: head.slice(0, 4),
      }));
      for (let at = 4; at < head.length; at += 1) {
        for (const { socket } of users) socket.write(head.slice(at, at + 1));
        await pause(10);
      }
      for (const user of users) user.vanish();
      return { acts: users.length };
    },
  },
  {
    name: 'http: heads without end, and bodies whose chunks say they are giants',
    run: async ({ httpPort, httpHost }, { factor }) => {
      const line = `X: ${'y'.repeat(8_000)}\r\n`;
      const shapes = [
        `GET /${'a'.repeat(70_000)} HTTP/1.1\r\n`,
        `GET / HTTP/1.1\r\nHost: ${httpHost}\r\n${line.repeat(10)}`,
        `GET / HTTP/1.1\r\nHost: ${httpHost}\r\n${'A: b\r\n'.repeat(600)}\r\n`,
        `POST / HTTP/1.1\r\nHost: ${httpHost}\r\nTransfer-Encoding: chunked\r\n\r\n${'f'.repeat(17)}\r\n`,
        `POST / HTTP/1.1\r\nHost: ${httpHost}\r\nTransfer-Encoding: chunked\r\n\r\n1;${'e'.repeat(5_000)}`,
        `POST / HTTP/1.1\r\nHost: ${httpHost}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n${line.repeat(3)}`,
        `\0${'z'.repeat(70_000)}`,
      ];
      const users = await crowd({ count: 700 * factor, atOnce: 700 }, (index) => ({
        port: httpPort,
        from: addressOf(index, ADDRESSES),
        says: shapes[index % shapes.length] ?? '',
      }));
      await allGone(users, SLACK_MS);
      assertNoneServed(users);
      return { acts: 700 * factor };
    },
  },
  {
    name: 'http: requests that two readers would take for different ones',
    run: async ({ httpPort, httpHost }, { factor }) => {
      const users = await crowd({ count: SMUGGLING.length * 20 * factor, atOnce: 500 }, (index) => ({
        port: httpPort,
        from: addressOf(index, ADDRESSES),
        says: `POST /first HTTP/1.1\r\nHost: HOST\r\n${SMUGGLING[index % SMUGGLING.length] ?? ''}`.replaceAll(
          'HOST',
          httpHost,
        ),
      }));
      await allGone(users, SLACK_MS);
      assertNoneServed(users);
      return { acts: users.length };
    },
  },
  {
    name: 'https: hellos that are none, and hellos without end',
    run: async ({ httpsPort }, { factor }) => {
      const users = await crowd({ count: 1_000 * factor, atOnce: 1_000 }, (index) => ({
        port: httpsPort,
        from: addressOf(index, ADDRESSES),
        says:
          index % 2 === 0
            ? randomFillSync(Buffer.alloc(1_000))
            : Buffer.concat([Buffer.from([0x16, 3, 1, 0x40, 0, 1, 0, 0xff, 0xff]), Buffer.alloc(40_000)]),
      }));
      await allGone(users, SLACK_MS);
      return { acts: 1_000 * factor };
    },
  },
  {
    name: 'tcp: users that say much and read nothing',
    run: async ({ userPort }, { factor }) => {
      const users = await crowd({ count: 50, atOnce: 50 }, () => ({ port: userPort, isDeaf: true }));
      for (let sent = 0; sent < 40 * factor; sent += 1) {
        for (const { socket } of users) if (socket.writableLength < 65_536) socket.write(Buffer.alloc(65_536));
        await pause(10);
      }
      for (const user of users) user.vanish();
      return { acts: 50 };
    },
  },
  {
    name: 'udp: giants, and more peers than are remembered',
    run: async ({ udpPort }, { factor }) => {
      const giant = Buffer.alloc(LARGEST_DATAGRAM);
      const peers = 500;
      for (let round = 0; round < 4 * factor; round += 1) {
        const sockets = await Promise.all(Array.from({ length: peers }, async (_, index) => udpFrom(round, index)));
        for (const [index, socket] of sockets.entries()) {
          socket.send(index % 10 === 0 ? giant : giant.subarray(0, 100), udpPort, '127.0.0.1');
        }
        await pause(50);
        for (const socket of sockets) socket.close();
      }
      return { acts: 0 };
    },
  },
];

/** @throws when one of them was given what only a good request is given */
function assertNoneServed(users: readonly Stranger[]): void {
  const served = users.find(({ heard }) => heard.startsWith('HTTP/1.1 2') || heard.includes('smuggled'));
  if (served !== undefined) throw new Error(`answered with ${served.heard.slice(0, 200)}`);
}

async function udpFrom(round: number, index: number): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.on('error', () => undefined);
  socket.bind(0, `127.0.${String(10 + round)}.${String(1 + (index % 250))}`);
  await once(socket, 'listening');
  return socket;
}

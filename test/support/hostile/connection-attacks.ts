import { randomFillSync } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { V2_MAGIC } from '@tollgate/frp-wire';
import { FrameType } from '@tollgate/yamux';
import type { Attack, AttackScale } from './attack';
import { dataOf, loginMessage, muxHeader, synOf } from './raw-mux';
import { type Stranger, addressOf, allGone, crowd } from './strangers';

const MAX_AT_ONCE = 5_000;
const ADDRESSES = 8;
/** Beyond the time of a handshake, for a server that looks once a second. */
const SLACK_MS = 4_000;
const WEBSOCKET_REQUEST =
  'GET /~!frp HTTP/1.1\r\nHost: gateway\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';
/** A record of a handshake that says it has 512 bytes, and the first of them. */
const CLIENT_HELLO_HEAD = Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]);

/** What handshakes may begin with and not go on. */
const BEGINNINGS: readonly Buffer[] = [
  Buffer.alloc(0),
  Buffer.of(0x17),
  CLIENT_HELLO_HEAD,
  Buffer.concat([Buffer.of(0x17), CLIENT_HELLO_HEAD]),
  Buffer.from('GET /~!frp HTTP/1.1\r\nHost: gate'),
  Buffer.from(WEBSOCKET_REQUEST),
  Buffer.of(0),
  muxHeader(FrameType.ping, 1, 0, 1),
  Buffer.concat([synOf(1), dataOf(1, Buffer.of(0x6f))]),
  Buffer.of(0x6f),
  Buffer.of(0x77),
  V2_MAGIC,
];

/** What a message, a frame or a record says of its own length when it wants to be waited for. */
const GIANTS: readonly Buffer[] = [
  muxHeader(FrameType.data, 1, 1, 0xffff_ffff),
  Buffer.concat([synOf(1), muxHeader(FrameType.data, 0, 1, 0x7fff_ffff)]),
  Buffer.concat([synOf(1), muxHeader(FrameType.windowUpdate, 0, 1, 0xffff_ffff)]),
  Buffer.concat([synOf(1), dataOf(1, Buffer.concat([Buffer.of(0x6f), Buffer.alloc(8, 0x7f)]))]),
  Buffer.concat([Buffer.of(0x6f), Buffer.alloc(8, 0x7f)]),
  Buffer.concat([Buffer.of(0x6f), Buffer.alloc(8, 0xff)]),
  Buffer.concat([V2_MAGIC, Buffer.alloc(8, 0xff)]),
  Buffer.concat([V2_MAGIC, Buffer.from([0, 1, 0, 0]), Buffer.alloc(4, 0x7f)]),
  Buffer.concat([Buffer.from([0x16, 3, 1, 0xff, 0xff, 1, 0xff, 0xff, 0xff]), Buffer.alloc(1_024)]),
  // A frame of 2^62 bytes, masked.
  Buffer.concat([Buffer.from(WEBSOCKET_REQUEST), Buffer.from([0x82, 0xff, 0x40]), Buffer.alloc(11)]),
];

/** What strangers do to the bind port. */
export const CONNECTION_ATTACKS: readonly Attack[] = [
  {
    name: 'random bytes',
    run: async ({ bindPort }, scale) => {
      const count = 2_000 * scale.factor;
      const left = await crowd({ count, atOnce: 500 }, (index) => ({
        port: bindPort,
        from: addressOf(index, ADDRESSES),
        says: randomFillSync(Buffer.alloc(1 + ((index * 7919) % 16_384))),
      }));
      await allGone(left, scale.handshakeMs + SLACK_MS);
      return { acts: count };
    },
  },
  {
    name: 'truncated frames, messages and hellos, and then the end',
    run: async ({ bindPort }, scale) => {
      const login = loginMessage('anything');
      const whole = [...BEGINNINGS, ...GIANTS, login, Buffer.concat([synOf(1), dataOf(1, login)])];
      const count = 2_000 * scale.factor;
      const left = await crowd({ count, atOnce: 500 }, (index) => {
        const bytes = whole[index % whole.length] ?? login;
        return {
          port: bindPort,
          from: addressOf(index, ADDRESSES),
          says: bytes.subarray(0, 1 + (index % Math.max(1, bytes.length))),
          leaves: true,
        };
      });
      await allGone(left, scale.handshakeMs + SLACK_MS);
      return { acts: count };
    },
  },
  {
    name: 'giant lengths',
    run: async ({ bindPort }, scale) => {
      const count = 2_000 * scale.factor;
      const left = await crowd({ count, atOnce: 1_000 }, (index) => ({
        port: bindPort,
        from: addressOf(index, ADDRESSES),
        says: Buffer.concat([GIANTS[index % GIANTS.length] ?? Buffer.alloc(0), Buffer.alloc(4_096)]),
      }));
      await allGone(left, scale.handshakeMs + SLACK_MS);
      return { acts: count };
    },
  },
  {
    name: 'WebSocket frames that never end',
    run: async ({ bindPort }, scale) => {
      const count = 100;
      const frame = Buffer.concat([Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 0x7f, 0, 0]), Buffer.alloc(4)]);
      const left = await crowd({ count, atOnce: count }, () => ({ port: bindPort, says: WEBSOCKET_REQUEST }));
      await pause(200);
      for (const { socket } of left) {
        if (!socket.destroyed) socket.write(Buffer.concat([frame, Buffer.alloc(4_000_000)]));
      }
      await allGone(left, scale.handshakeMs + SLACK_MS);
      return { acts: count };
    },
  },
  {
    name: 'half-open handshakes, 5,000 at once, from several addresses',
    run: async ({ bindPort }, scale) => {
      const left = await halfOpen(bindPort, scale, ADDRESSES);
      await allGone(left, scale.handshakeMs + SLACK_MS);
      return { acts: scale.handshakes };
    },
  },
  {
    name: 'half-open handshakes from one address',
    run: async ({ bindPort }, scale) => {
      const left = await halfOpen(bindPort, { ...scale, handshakes: Math.min(10_000, scale.handshakes) }, 1);
      await allGone(left, scale.handshakeMs + SLACK_MS);
      return { acts: scale.handshakes };
    },
  },
  {
    name: 'work connections for unknown run ids that stay',
    run: async ({ bindPort }, scale) => {
      const count = 2_000 * scale.factor;
      const message = Buffer.from(JSON.stringify({ run_id: 'nobody', privilege_key: '', timestamp: 0 }));
      const head = Buffer.alloc(9);
      head[0] = 0x77;
      head.writeBigUInt64BE(BigInt(message.length), 1);
      const left = await crowd({ count, atOnce: MAX_AT_ONCE }, (index) => ({
        port: bindPort,
        from: addressOf(index, ADDRESSES),
        says: Buffer.concat([head, message]),
        isDeaf: true,
      }));
      await allGone(left, scale.handshakeMs + SLACK_MS);
      return { acts: count };
    },
  },
];

async function halfOpen(port: number, { handshakes }: AttackScale, addresses: number): Promise<Stranger[]> {
  return crowd({ count: handshakes, atOnce: MAX_AT_ONCE }, (index) => ({
    port,
    from: addressOf(index, addresses),
    says: BEGINNINGS[index % BEGINNINGS.length] ?? '',
    isDeaf: true,
  }));
}

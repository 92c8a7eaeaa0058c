import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { Flag, FrameType } from '@tollgate/yamux';
import { WebSocket } from 'ws';
import { FrpClient } from '../frp-client';
import type { Attack, AttackTarget } from './attack';
import { RawMux, dataOf, loginMessage, muxHeader, synOf } from './raw-mux';
import { addressOf, allGone, crowd } from './strangers';

const BATCH_FRAMES = 1_000;
const SLACK_MS = 5_000;
const WINDOW_BYTES = 262_144;

/** What is done within a session of yamux, by strangers and by a tenant who is logged in. */
export const SESSION_ATTACKS: readonly Attack[] = [
  {
    name: 'streams without end, before the login',
    run: async ({ bindPort }, { factor, handshakeMs }) => {
      const sessions = Array.from({ length: 20 }, () => new RawMux({ port: bindPort }));
      await Promise.all(sessions.map(async (session) => openStreams(session, 20_000 * factor)));
      await allGone(sessions, handshakeMs + SLACK_MS);
      return { acts: sessions.length };
    },
  },
  {
    name: 'streams without end, after the login',
    run: async (target, { factor, handshakeMs }) => {
      const session = await loggedIn(target);
      await openStreams(session, 100_000 * factor);
      await pause(handshakeMs);
      session.vanish();
      return { acts: 10 };
    },
  },
  {
    name: 'streams without end, from one who reads no answers',
    run: async (target, { factor }) => {
      const session = await loggedIn(target);
      session.socket.pause();
      await openStreams(session, 200_000 * factor);
      session.vanish();
      return { acts: 10 };
    },
  },
  {
    name: 'streams opened and reset',
    run: async (target, { factor }) => {
      const stranger = new RawMux({ port: target.bindPort });
      const tenant = await loggedIn(target);
      await Promise.all([openAndReset(stranger, 100_000 * factor), openAndReset(tenant, 200_000 * factor)]);
      stranger.vanish();
      tenant.vanish();
      return { acts: 10 };
    },
  },
  {
    name: 'more than a window holds, and windows that overflow',
    run: async (target, { factor }) => {
      const count = 30 * factor;
      for (let round = 0; round < count; round += 1) {
        const session = await loggedIn(target);
        const excess =
          round % 2 === 0
            ? dataOf(3, Buffer.alloc(WINDOW_BYTES + 1))
            : Buffer.concat([
                muxHeader(FrameType.windowUpdate, 0, 3, 0xffff_ffff),
                muxHeader(FrameType.windowUpdate, 0, 3, 0xffff_ffff),
              ]);
        await session.write(Buffer.concat([synOf(3), excess]));
        await allGone([session], SLACK_MS);
      }
      // A login, an end.
      return { acts: 2 * count };
    },
  },
  {
    name: 'pings without end, whose answers are not read',
    run: async (target, { factor }) => {
      const sessions = [new RawMux({ port: target.bindPort }), await loggedIn(target)];
      await Promise.all(
        sessions.map(async (session) => {
          session.socket.pause();
          await flood(session, 300_000 * factor, (id) => muxHeader(FrameType.ping, Flag.syn, 0, id));
        }),
      );
      for (const session of sessions) session.vanish();
      return { acts: 10 };
    },
  },
  {
    name: 'pings of a WebSocket, whose answers are not read',
    run: async ({ bindPort }, { factor }) => {
      const websocket = new WebSocket(`ws://127.0.0.1:${String(bindPort)}/~!frp`, { perMessageDeflate: false });
      websocket.on('error', () => undefined);
      await once(websocket, 'open');
      const closed = once(websocket, 'close');
      websocket.pause();
      const content = Buffer.alloc(125);
      for (let sent = 0; sent < 150_000 * factor && websocket.readyState === WebSocket.OPEN; sent += 1) {
        if (websocket.bufferedAmount > 1_048_576) await pause(5);
        websocket.ping(content);
      }
      websocket.resume();
      websocket.terminate();
      await closed;
      return { acts: 2 };
    },
  },
  {
    name: 'heartbeats without end',
    run: async (target, { factor }) => {
      const client = await hostileClient(target);
      const pongs: Promise<unknown>[] = [];
      for (let sent = 0; sent < 10_000 * factor; sent += 1) {
        pongs.push(client.ping());
        if (sent % BATCH_FRAMES === 0) await pause(1);
      }
      await Promise.allSettled(pongs);
      await client.close();
      return { acts: 10 };
    },
  },
  {
    name: 'logins with wrong tokens, from one address and from many',
    run: async ({ bindPort }, { factor, handshakeMs }) => {
      const count = 3_000 * factor;
      const left = await crowd({ count, atOnce: 500 }, (index) => ({
        port: bindPort,
        from: addressOf(index % 2 === 0 ? 0 : index, 200),
        says: loginMessage(`wrong-${String(index)}`),
      }));
      await allGone(left, handshakeMs + SLACK_MS);
      return { acts: count };
    },
  },
  {
    name: 'proxies that nobody can want',
    run: async (target, { factor }) => {
      let acts = 0;
      for (let round = 0; round < 3; round += 1) {
        const client = await hostileClient(target, 'v2');
        const answers: Promise<unknown>[] = [];
        for (let index = 0; index < 1_000 * factor; index += 1) {
          answers.push(client.addProxy(unwanted(index)));
          client.closeProxy(`unknown-${String(index)}`);
          if (index % 100 === 0) await pause(1);
        }
        await Promise.allSettled(answers);
        await client.close();
        acts += 2_000 * factor;
      }
      return { acts };
    },
  },
  {
    name: 'users of a client that brings no work connections',
    run: async (target, { factor }) => {
      const session = await hostileClient(target);
      // Its own streams are what it does not open.
      session.offerWorkConnection = () => undefined;
      const { remoteAddr } = await session.addProxy({
        type: 'tcp',
        name: 'dead end',
        remotePort: 0,
        local: { handler: () => undefined },
      });
      const port = Number(remoteAddr.slice(1));
      const count = 4_500;
      const users = await crowd({ count: count * factor, atOnce: count }, () => ({
        port,
        says: Buffer.alloc(1_024),
        isDeaf: true,
      }));
      await session.close();
      await allGone(users, SLACK_MS);
      return { acts: 10 };
    },
  },
];

/** Registrations that are too long, too many, or of a kind that there is none of. */
function unwanted(index: number): Parameters<FrpClient['addProxy']>[0] {
  const local = { handler: () => undefined };
  const name = `p${String(index)}`;
  switch (index % 6) {
    case 0:
      return { type: 'tcp', name: `${name}${'x'.repeat(5_000)}`, remotePort: 0, local };
    case 1:
      return {
        type: 'http',
        name,
        customDomains: Array.from({ length: 500 }, (_, n) => `${String(n)}.${name}.example`),
        local,
      };
    case 2:
      return { type: 'http', name, customDomains: [`${'a.'.repeat(4_000)}example`], local };
    case 3:
      return {
        type: 'http',
        name,
        customDomains: [`${name}.example`],
        headers: { ['h'.repeat(3_000)]: 'v\r\nx: y' },
        local,
      };
    case 4:
      return { type: 'gopher', name, local };
    default:
      return {
        type: 'http',
        name,
        subdomain: '*.*',
        locations: Array.from({ length: 600 }, (_, n) => `/${String(n)}`),
        local,
      };
  }
}

async function hostileClient(
  { bindPort, hostileToken, hostileAddress }: AttackTarget,
  wire: 'v1' | 'v2' = 'v1',
): Promise<FrpClient> {
  return FrpClient.connect({ port: bindPort, from: hostileAddress, token: hostileToken, wire });
}

async function loggedIn({ bindPort, hostileToken, hostileAddress }: AttackTarget): Promise<RawMux> {
  const session = new RawMux({ port: bindPort, from: hostileAddress });
  await session.logIn(hostileToken);
  return session;
}

async function openStreams(session: RawMux, count: number): Promise<void> {
  await flood(session, count, (index) => synOf(3 + 2 * index));
}

async function openAndReset(session: RawMux, count: number): Promise<void> {
  await flood(session, count, (index) => {
    const id = 3 + 2 * index;
    return Buffer.concat([synOf(id), muxHeader(FrameType.windowUpdate, Flag.rst, id, 0)]);
  });
}

async function flood(session: RawMux, count: number, frame: (index: number) => Buffer): Promise<void> {
  for (let sent = 0; sent < count && !session.isGone; sent += BATCH_FRAMES) {
    await session.write(Buffer.concat(Array.from({ length: BATCH_FRAMES }, (_, index) => frame(sent + index))));
    await pause(1);
  }
}

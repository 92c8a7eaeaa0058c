import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../lib/free-port.mjs';
import { logIn, openEcho } from './v1-client.mjs';

const LOGINS = 40;
const AT_ONCE = 100;
const CHANGES = 10_000;
const FLOOD_SECONDS = 6;
/** As many as may fail in a minute from everywhere (GATEWAY_MAX_LOGIN_FAILURES). */
const FLOOD_PER_SECOND = 10;
const PING_BYTES = 64;
const SCRAPES = 20;

let nextAddress = 0;

/** A loopback address that nobody has come from: one that the gateway knows nothing of. */
function newAddress() {
  nextAddress += 1;
  return `127.${1 + ((nextAddress >> 16) & 127)}.${(nextAddress >> 8) & 255}.${nextAddress & 255}`;
}

const unknownToken = () => `tgt_${'x'.repeat(30)}${Math.random().toString(36).slice(2, 12).padEnd(10, 'y')}`;

async function inOut(who) {
  const { ms, error, runId, socket } = await logIn(who);
  socket.destroy();
  if (error !== '') throw new Error(`a login was refused: ${error}`);
  return { ms, runId };
}

/**
 * What the gateway is put through, one after the other. Each tells how long what it asked for took, if anything, in milliseconds.
 * @typedef {{ port: number, documents: { token: string }[], gateway: import('./gateway.mjs').Gateway, store: import('./stores.mjs').TokenStore,
 *   round: number }} Stage
 * @type {{ name: string, title: string, run: (stage: Stage) => Promise<number[]> }[]}
 */
export const PHASES = [
  { name: 'quiet', title: 'nothing, for 3 s', run: async () => (await sleep(3_000), []) },
  {
    name: 'scan',
    title: 'login, full scan, one after the other',
    async run({ port, documents }) {
      const times = [];
      // The last to be loaded are the last to be tried.
      for (const { token } of documents.slice(-LOGINS))
        times.push((await inOut({ port, token, from: newAddress() })).ms);
      return times;
    },
  },
  {
    name: 'same-address',
    title: 'login, known by its address',
    async run({ port, documents }) {
      const [who] = documents.slice(-1).map(({ token }) => ({ port, token, from: newAddress() }));
      await inOut(who);
      return repeat(LOGINS, async () => (await inOut(who)).ms);
    },
  },
  {
    name: 'same-user',
    title: 'login, known by its user',
    async run({ port, documents, round }) {
      const who = { port, token: documents.at(-1).token, user: `user-${round}` };
      await inOut({ ...who, from: newAddress() });
      return repeat(LOGINS, async () => (await inOut({ ...who, from: newAddress() })).ms);
    },
  },
  {
    name: 'same-run-id',
    title: 'login, known by its run id',
    async run({ port, documents }) {
      const who = { port, token: documents.at(-1).token };
      const { runId } = await inOut({ ...who, from: newAddress() });
      return repeat(LOGINS, async () => (await inOut({ ...who, runId, from: newAddress() })).ms);
    },
  },
  {
    name: 'at-once',
    title: '100 logins at once, nothing known of them',
    run: ({ port, documents }) =>
      Promise.all(spread(documents).map(async ({ token }) => (await inOut({ port, token, from: newAddress() })).ms)),
  },
  {
    name: 'at-once-skewed',
    title: '100 logins at once, each clock telling another second',
    run({ port, documents }) {
      const now = Math.floor(Date.now() / 1_000);
      const each = async ({ token }, index) =>
        (await inOut({ port, token, from: newAddress(), timestamp: now - 1_000 - index })).ms;
      return Promise.all(spread(documents).map(each));
    },
  },
  {
    name: 'restart',
    title: '100 clients at once that come back after a restart, with their run ids',
    async run({ port, documents, gateway }) {
      const clients = [];
      for (const { token } of spread(documents)) {
        const from = newAddress();
        clients.push({ token, runId: (await inOut({ port, token, from })).runId });
      }
      await gateway.stop();
      await gateway.start();
      await gateway.knows(documents.length);
      await gateway.gaps();
      return Promise.all(
        clients.map(async ({ token, runId }) => (await inOut({ port, token, runId, from: newAddress() })).ms),
      );
    },
  },
  { name: 'pings', title: '64 bytes through a tunnel and back', run: (stage) => withEcho(stage, async () => []) },
  {
    name: 'pings-flood',
    title: 'the same during 10 wrong logins a second',
    run: (stage) => withEcho(stage, () => flood(stage)),
  },
  {
    name: 'logins-flood',
    title: 'login, full scan, during 10 wrong logins a second',
    async run(stage) {
      // A minute after the last ones failed they are allowed again.
      const { port, documents } = stage;
      const flooding = flood(stage);
      const times = [];
      let isOver = false;
      void flooding.finally(() => (isOver = true));
      while (!isOver) {
        times.push((await inOut({ port, token: documents.at(-1).token, from: newAddress() })).ms);
        await sleep(100);
      }
      await flooding;
      return times;
    },
  },
  {
    name: 'changes',
    title: '10,000 tokens change',
    async run({ documents, gateway, store, round }) {
      const [marker, ...changed] = documents.slice(0, CHANGES + 1);
      const from = performance.now();
      await store.put(changed.map((document) => ({ ...document, description: `changed ${round}` })));
      await store.delete([marker]);
      await gateway.knows(documents.length - 1);
      const tookMs = performance.now() - from;
      await store.put([marker]);
      await gateway.knows(documents.length);
      return [tookMs];
    },
  },
  {
    name: 'resync',
    title: 'all is read again after a compaction, 5,000 changed, 1,000 gone',
    async run({ documents, gateway, store, round }) {
      if (store.changeUnseen === undefined) return [];
      const gone = documents.slice(0, 1_000);
      await store.changeUnseen(async () => {
        await store.delete(gone);
        const changed = documents
          .slice(1_000, 6_000)
          .map((document) => ({ ...document, description: `again ${round}` }));
        await store.put(changed);
      });
      const from = performance.now();
      await gateway.knows(documents.length - gone.length);
      const tookMs = performance.now() - from;
      await store.put(gone);
      await gateway.knows(documents.length);
      return [tookMs];
    },
  },
  {
    name: 'metrics',
    title: '/metrics is read, 20 times',
    run: ({ gateway }) =>
      repeat(SCRAPES, async () => {
        const from = performance.now();
        await gateway.scrape();
        return performance.now() - from;
      }),
  },
];

async function repeat(times, task) {
  const results = [];
  for (let i = 0; i < times; i += 1) results.push(await task());
  return results;
}

/** Some from everywhere in the store. */
function spread(documents) {
  const step = documents.length / AT_ONCE;
  return Array.from({ length: AT_ONCE }, (_, index) => documents[Math.floor(index * step + Math.random() * step)]);
}

/** Wrong tokens, each from an address of its own. */
async function flood({ port }) {
  const attempts = [];
  for (let i = 0; i < FLOOD_SECONDS * FLOOD_PER_SECOND; i += 1) {
    attempts.push(logIn({ port, token: unknownToken(), from: newAddress() }));
    await sleep(1_000 / FLOOD_PER_SECOND);
  }
  for (const { error, socket } of await Promise.all(attempts)) {
    socket.destroy();
    if (!error.startsWith("token in login doesn't match")) throw new Error(`a wrong login was answered: ${error}`);
  }
}

/** Sends some bytes through a tunnel and waits until they are back, again and again, while something else happens or for as long. */
async function withEcho({ port, documents }, during) {
  const remotePort = await freePort();
  const echo = await openEcho({ port, token: documents[0].token, remotePort, from: newAddress() });
  const socket = connect(remotePort, '127.0.0.1');
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  socket.setNoDelay(true);
  const times = [];
  let isOver = false;
  const pinging = (async () => {
    const payload = Buffer.alloc(PING_BYTES, 0x70);
    while (!isOver) {
      const from = performance.now();
      socket.write(payload);
      await received(socket, PING_BYTES);
      times.push(performance.now() - from);
      await sleep(2);
    }
  })();
  await Promise.all([during(), sleep(FLOOD_SECONDS * 1_000)]);
  isOver = true;
  await pinging;
  socket.destroy();
  echo.close();
  return times;
}

function received(socket, bytes) {
  return new Promise((resolve, reject) => {
    let left = bytes;
    const take = (chunk) => {
      left -= chunk.length;
      if (left > 0) return;
      socket.off('data', take);
      socket.off('close', lost);
      resolve();
    };
    const lost = () => reject(new Error('the tunnel was cut'));
    socket.on('data', take).once('close', lost);
  });
}

import { createServer } from 'node:net';

/** Below what systems give to outgoing connections, so that none of these takes a port meanwhile, and beside the tests' ports. */
const LOWEST = 10_000;
const COUNT = 10_000;

const given = new Set();

/** A loopback port that nobody listens on, and that is given only once. @returns {Promise<number>} */
export async function freePort() {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * COUNT);
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
}

function isFree(port) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, () => probe.close(() => resolve(true)));
  });
}

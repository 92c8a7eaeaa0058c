import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const TRIES = 400;
const STEP_MS = 50;

/** Waits until somebody listens on a loopback port. @param {number} port */
export async function isAccepting(port) {
  for (let tries = 0; tries < TRIES; tries += 1) {
    if (await connects(port)) return;
    await sleep(STEP_MS);
  }
  throw new Error('a server did not listen in time');
}

function connects(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

import { connect } from 'node:net';
import { writePayload } from './payload.mjs';

const REQUEST_BYTES = 9;
const READ_BYTES = 256 * 1024;
const IDLE_AT_ONCE = 64;

function request(kind, bytes = 0) {
  const head = Buffer.alloc(REQUEST_BYTES);
  head.write(kind);
  head.writeBigUInt64BE(BigInt(bytes), 1);
  return head;
}

/**
 * Sends bytes through a proxy, by several connections at once, until the service has them all.
 * @param {number[]} ports one of each connection
 * @param {number} bytes in total
 */
export async function sendBulk(ports, bytes) {
  const each = Math.round(bytes / ports.length);
  await Promise.all(
    ports.map((port) =>
      untilClosed(port, (socket) => {
        socket.write(request('u', each));
        writePayload(socket, each);
        socket.once('data', () => socket.destroy());
      }),
    ),
  );
}

/** The other way round. */
export async function receiveBulk(ports, bytes) {
  const each = Math.round(bytes / ports.length);
  await Promise.all(
    ports.map((port) => {
      let left = each;
      const callback = (length) => {
        left -= length;
        if (left <= 0) socket.destroy();
        return true;
      };
      const onread = { buffer: Buffer.allocUnsafeSlow(READ_BYTES), callback };
      const socket = connect({ port, host: '127.0.0.1', onread });
      return new Promise((resolve, reject) => {
        socket.write(request('d', each));
        socket.once('error', reject);
        socket.once('close', () => (left <= 0 ? resolve() : reject(new Error('a bulk connection was cut'))));
      });
    }),
  );
}

/**
 * Echoes of 64 bytes, one after the other on each connection.
 * @returns {Promise<number[]>} milliseconds of each
 */
export async function pingPong(port, connections, seconds) {
  const until = performance.now() + seconds * 1000;
  const times = [];
  const ping = Buffer.alloc(64, 1);
  const play = (socket) => {
    socket.setNoDelay(true);
    let sentAt = performance.now();
    let missing = ping.length;
    socket.on('data', (chunk) => {
      missing -= chunk.length;
      if (missing > 0) return;
      const now = performance.now();
      times.push(now - sentAt);
      if (now >= until) {
        socket.destroy();
        return;
      }
      missing = ping.length;
      sentAt = performance.now();
      socket.write(ping);
    });
    socket.write(Buffer.concat([request('e'), ping]));
  };
  await Promise.all(Array.from({ length: connections }, () => untilClosed(port, play)));
  return times;
}

/** Connects, has one byte echoed and closes, again and again. */
export async function connectSequentially(port, count) {
  for (let index = 0; index < count; index += 1) {
    await untilClosed(port, (socket) => {
      socket.write(Buffer.concat([request('e'), Buffer.from('x')]));
      socket.once('data', () => socket.destroy());
    });
  }
}

/**
 * Connections that have had one byte echoed and are quiet then.
 * @returns {Promise<import('node:net').Socket[]>}
 */
export async function openIdle(port, count) {
  const sockets = [];
  const openOne = () =>
    new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1');
      sockets.push(socket);
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('an idle connection was cut')));
      socket.once('data', resolve);
      socket.write(Buffer.concat([request('e'), Buffer.from('x')]));
    });
  for (let opened = 0; opened < count; opened += IDLE_AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(IDLE_AT_ONCE, count - opened) }, openOne));
  }
  return sockets;
}

function untilClosed(port, use) {
  const socket = connect(port, '127.0.0.1');
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    // Destroyed by `use`; ended by the other side, it was cut too early.
    socket.once('end', () => reject(new Error('a connection was cut')));
    socket.once('close', () => resolve());
    use(socket);
  });
}

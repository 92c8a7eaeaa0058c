import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

const SECOND_MS = 1_000;

/** Bytes a second that arrive at sockets together, after `skipMs` and over `overMs`. */
export async function arrivalRate(sockets: readonly Socket[], skipMs: number, overMs: number): Promise<number> {
  let bytes = 0;
  for (const socket of sockets) {
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
  }
  await pause(skipMs);
  const before = bytes;
  const beganMs = performance.now();
  await pause(overMs);
  return ((bytes - before) / (performance.now() - beganMs)) * SECOND_MS;
}

/** Round trips of a few bytes on a connection to an echo, one after the other, in milliseconds. */
export async function roundTrips(socket: Socket, overMs: number): Promise<number[]> {
  const took: number[] = [];
  const untilMs = performance.now() + overMs;
  while (performance.now() < untilMs) {
    const beganMs = performance.now();
    socket.write('x'.repeat(64));
    await once(socket, 'data');
    took.push(performance.now() - beganMs);
    await pause(2);
  }
  return took;
}

export function medianOf(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

import { type Socket, connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** What one of many connections does that mean no good. */
export interface StrangerPlan {
  readonly port: number;
  /** Of the loopback; the usual one unless told. */
  readonly from?: string;
  /** What it begins with, if anything. */
  readonly says?: string | Buffer;
  /** Closes after that, instead of waiting for what comes. */
  readonly leaves?: boolean;
  /** Reads nothing of what it is answered. */
  readonly isDeaf?: boolean;
}

/** A connection that wants nothing but to be a burden. */
export class Stranger {
  readonly socket: Socket;
  /** Whether the server, or the plan, has ended it. */
  isGone = false;
  readonly gone: Promise<void>;
  heard = '';

  constructor({ port, from, says, leaves = false, isDeaf = false }: StrangerPlan) {
    this.socket = connect({
      port,
      host: '127.0.0.1',
      allowHalfOpen: true,
      ...(from !== undefined && { localAddress: from }),
    });
    const { socket } = this;
    socket.on('error', () => undefined);
    socket.on('end', () => {
      socket.destroy();
    });
    this.gone = new Promise((resolve) => {
      socket.once('close', () => {
        this.isGone = true;
        resolve();
      });
    });
    if (isDeaf) socket.pause();
    else {
      socket.on('data', (chunk: Buffer) => {
        if (this.heard.length < HEARD_MAX) this.heard += chunk.toString('latin1');
      });
    }
    if (says !== undefined) socket.write(says);
    if (leaves) socket.end();
  }

  /** Leaves no trace in the system, which would run out of ports otherwise. */
  vanish(): void {
    this.socket.resetAndDestroy();
  }
}

const HEARD_MAX = 4_096;
/** As many connections are opened before others have their turn. */
const BATCH = 50;
const LOOK_MS = 10;

/** How many come, and how many of them are there at a time. */
export interface CrowdSize {
  readonly count: number;
  readonly atOnce: number;
}

/**
 * Opens connections one batch after the other. When too many are there the oldest is given up for the next one.
 * @param plan what the nth does
 * @returns the connections that are still there
 */
export async function crowd({ count, atOnce }: CrowdSize, plan: (index: number) => StrangerPlan): Promise<Stranger[]> {
  const present = new Set<Stranger>();
  for (let index = 0; index < count; index += 1) {
    const stranger = new Stranger(plan(index));
    present.add(stranger);
    void stranger.gone.then(() => present.delete(stranger));
    if (present.size > atOnce) {
      const [oldest] = present;
      oldest?.vanish();
      if (oldest !== undefined) present.delete(oldest);
    }
    if (index % BATCH === BATCH - 1) await pause(1);
  }
  return [...present];
}

/** Waits until all are gone. @throws with how many are left */
export async function allGone(strangers: readonly Stranger[], withinMs: number): Promise<void> {
  const deadline = performance.now() + withinMs;
  // Who reads nothing does not notice that it has been closed.
  for (const { socket } of strangers) socket.resume();
  for (;;) {
    const left = strangers.filter(({ isGone }) => !isGone).length;
    if (left === 0) return;
    if (performance.now() > deadline) throw new Error(`${String(left)} of ${String(strangers.length)} are still there`);
    await pause(LOOK_MS);
  }
}

/** The nth address of those that strangers come from. */
export function addressOf(index: number, addresses: number): string {
  return `127.0.9.${String(1 + (index % addresses))}`;
}

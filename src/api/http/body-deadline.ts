import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { REQUEST_TIMEOUT_CODE, answerClientError } from './client-error';

/** How late a body that outstays its deadline may be noticed, in milliseconds. */
export const DEADLINE_CHECK_MS = 1_000;

declare module 'node:http' {
  interface IncomingMessage {
    /** When the request's head had been read, by `performance.now()`. */
    startedMs?: number;
    /** When its body has to have ended, by `performance.now()`, where that is not the usual time after its head. */
    bodyDueMs?: number;
  }
}

declare module 'node:net' {
  interface Socket {
    /** The answer to the last request on this connection, until that request is known to have ended. */
    lastResponse?: ServerResponse | undefined;
  }
}

/**
 * Ends requests whose bodies do not end in time, by 408. Node's own `requestTimeout` is one for all, and uploads take as long as
 * they take. Each second it looks once at each connection; a request costs one assignment.
 */
export class BodyDeadline {
  private readonly sockets = new Set<Socket>();

  /** @param timeoutMs from the head of a request to the end of its body */
  constructor(private readonly timeoutMs: number) {}

  /** Looks after all connections of a server from now on, until it closes. */
  guard(server: Server): void {
    server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
    const sweeping = setInterval(() => {
      this.sweep(performance.now());
    }, DEADLINE_CHECK_MS).unref();
    server.once('close', () => {
      clearInterval(sweeping);
    });
  }

  /** @param nowMs by `performance.now()` */
  sweep(nowMs: number): void {
    for (const socket of this.sockets) {
      const response = socket.lastResponse;
      if (response === undefined) continue;
      const request = response.req;
      if (request.complete) socket.lastResponse = undefined;
      else if (nowMs >= this.dueMs(request)) expire(socket);
    }
  }

  private dueMs({ bodyDueMs, startedMs }: IncomingMessage): number {
    return bodyDueMs ?? (startedMs ?? 0) + this.timeoutMs;
  }
}

/** For a request that has a deadline of its own, or needs none. */
export function postponeBodyDeadline(request: IncomingMessage, byMs: number): void {
  request.bodyDueMs = performance.now() + byMs;
}

function expire(socket: Socket): void {
  answerClientError(Object.assign(new Error('request timed out'), { code: REQUEST_TIMEOUT_CODE }), socket);
}

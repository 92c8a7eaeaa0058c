import { setTimeout } from 'node:timers/promises';

/** Where the client gets its time from. Injected, so that tests decide what time it is. */
export interface ClientClock {
  /** Milliseconds since the Unix epoch. */
  nowMs(): number;
  /** Resolves after `delayMs` milliseconds. */
  wait(delayMs: number): Promise<void>;
}

/** The machine's own clock. */
export const systemClock: ClientClock = {
  nowMs: () => Date.now(),
  wait: async (delayMs) => setTimeout(delayMs),
};

import { setTimeout as pause } from 'node:timers/promises';

const EVERY_MS = 20;

/**
 * Repeats a check until it passes, for what another process may take a moment over.
 * @param withinMs after which the check's own failure is the test's
 */
export async function eventually(withinMs: number, check: () => Promise<void>): Promise<void> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      await check();
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await pause(EVERY_MS);
  }
}

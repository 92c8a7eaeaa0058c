import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { MAX_WORKERS } from './limits';

/** A variable that holds a number of processes, or `auto` for as many as the machine can run at a time; 1 when unset. */
export function workerCount(): z.ZodType<number> {
  return z
    .string()
    .default('1')
    .transform((value, context) => {
      const word = value.trim();
      if (word === 'auto') return Math.min(MAX_WORKERS, availableParallelism());
      const count = /^\d{1,2}$/.test(word) ? Number(word) : 0;
      if (count >= 1 && count <= MAX_WORKERS) return count;
      context.addIssue(
        `must be auto or a whole number from 1 to ${String(MAX_WORKERS)} (got ${JSON.stringify(value)})`,
      );
      return z.NEVER;
    });
}

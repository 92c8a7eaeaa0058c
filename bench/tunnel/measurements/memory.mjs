import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { residentBytes } from '../../lib/process-stats.mjs';
import { atMost } from '../lines.mjs';
import { openIdle } from '../users.mjs';

/** For what was needed only to get there: garbage collectors and schedulers calm down. */
const SETTLE_MS = 5_000;
const COUNTS = [0, 500, 5_000];

/** What idle connections of users take. */
export const memory = [
  { name: 'memory (TLS, mux)', settings: {}, isAimed: true },
  { name: 'memory (TLS, no mux)', settings: { mux: false }, isAimed: false },
].map(({ name, settings, isAimed }) => ({
  name,
  settings,
  // This process has the users' ends, the service its own; a server without mux has both of its.
  warmUp: async () => {
    const most = openFilesLimit();
    return most < 2 * COUNTS.at(-1) + 200 ? `skipped: only ${most} files may be open (ulimit -n)` : undefined;
  },
  steps: [
    {
      name: 'RSS',
      lines: COUNTS.map((count) => ({
        name: count === 0 ? 'idle' : `with ${count.toLocaleString('en')} idle connections`,
        unit: 'MB',
        digits: 1,
        aim: isAimed && count === COUNTS.at(-1) ? atMost(0.5) : undefined,
      })),
      measure: async (rig) => {
        const sockets = [];
        const values = [];
        for (const count of COUNTS) {
          sockets.push(...(await openIdle(rig.bulkPorts[0], count - sockets.length)));
          await sleep(SETTLE_MS);
          values.push(residentBytes(rig.server.pid) / 1e6);
        }
        for (const socket of sockets) socket.removeAllListeners('close').destroy();
        return values;
      },
    },
  ],
}));

function openFilesLimit() {
  return Number(/^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? Infinity);
}

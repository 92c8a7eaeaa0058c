import { atLeast } from '../lines.mjs';
import { receiveBulk, sendBulk } from '../users.mjs';

/** Of what other transfers have: a window each 50 ms, and not the processor, is the limit. */
const SHARE = 0.4;

/** One bulk stream over a way of 50 ms there and back: whether windows grow as they should. */
export const distance = [
  {
    name: '50 ms between client and server (TLS, mux)',
    settings: { delayMs: 25 },
    steps: [
      ['up', sendBulk],
      ['down', receiveBulk],
    ].map(([direction, transfer]) => ({
      name: `1 ${direction}`,
      lines: [{ name: 'speed', unit: 'Gbit/s', digits: 2, aim: atLeast(0.9) }],
      measure: async (rig, { bytes }) => {
        const startedAt = performance.now();
        await transfer([rig.bulkPorts[0]], bytes * SHARE);
        return [(bytes * SHARE * 8) / 1e9 / ((performance.now() - startedAt) / 1000)];
      },
    })),
  },
];

import { atMost } from '../lines.mjs';
import { pingPong } from '../users.mjs';

const WARM_SECONDS = 3;

/** How long an echo of 64 bytes takes. */
export const latency = [
  {
    name: 'echo of 64 bytes (TLS, mux)',
    settings: {},
    warmUp: (rig) => pingPong(rig.bulkPorts[0], 1, WARM_SECONDS),
    steps: [echoes('1 connection', 1, atMost(1.2)), echoes('16 connections', 16)],
  },
];

function echoes(name, connections, aim) {
  return {
    name,
    lines: [
      { name: 'p50', unit: 'µs', digits: 0 },
      { name: 'p99', unit: 'µs', digits: 0, aim },
    ],
    measure: async (rig, { seconds }) => {
      const times = await pingPong(rig.bulkPorts[0], connections, seconds);
      times.sort((a, b) => a - b);
      const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))] * 1000;
      return [at(0.5), at(0.99)];
    },
  };
}

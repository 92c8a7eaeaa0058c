import { atMost } from '../lines.mjs';
import { receiveBulk, sendBulk } from '../users.mjs';

/** Until everything is compiled and windows have grown. */
const WARM_BYTES = 300e6;
const MODES = [
  { name: 'default (TLS, mux)', settings: {}, up: atMost(0.75, 0.6), down: atMost(0.95, 0.85) },
  { name: 'plain, mux', settings: { tls: false }, up: atMost(0.8), down: atMost(0.8) },
  { name: 'plain, no mux', settings: { tls: false, mux: false }, up: atMost(1), down: atMost(1) },
  {
    name: 'encryption (plain, mux)',
    settings: { tls: false, encryption: true },
    up: atMost(0.8),
    down: atMost(0.8),
  },
  {
    name: 'encryption, compression (plain, mux)',
    settings: { tls: false, encryption: true, compression: true },
  },
];

/** Bulk transfers in each mode: one stream and eight, each way. */
export const bulk = MODES.map(({ name, settings, ...aims }) => ({
  name: `bulk: ${name}`,
  settings,
  warmUp: async (rig) => {
    await sendBulk(rig.bulkPorts, WARM_BYTES);
    await receiveBulk(rig.bulkPorts, WARM_BYTES);
  },
  steps: [1, 8].flatMap((streams) =>
    [
      ['up', sendBulk],
      ['down', receiveBulk],
    ].map(([direction, transfer]) => ({
      name: `${streams} ${direction}`,
      lines: [
        { name: 'CPU', unit: 's/GB', digits: 3, aim: aims[direction] },
        { name: 'speed', unit: 'Gbit/s', digits: 2 },
      ],
      measure: async (rig, { bytes }) => {
        const ports = Array.from({ length: streams }, () => rig.bulkPorts[0]);
        const before = rig.cpu();
        const startedAt = performance.now();
        await transfer(ports, bytes);
        const seconds = (performance.now() - startedAt) / 1000;
        return [(rig.cpu() - before) / (bytes / 1e9), (bytes * 8) / 1e9 / seconds];
      },
    })),
  ),
}));

import { connectSequentially } from '../users.mjs';

const COUNT = 1_000;
/** Until everything is compiled. */
const WARM = 4_000;

/** Connections through a tcp proxy, one after the other, each with a byte echoed. */
export const connects = [
  {
    name: 'connects (TLS, mux)',
    settings: {},
    warmUp: (rig) => connectSequentially(rig.bulkPorts[0], WARM),
    steps: [
      {
        name: '1,000 one after the other',
        lines: [
          { name: 'time', unit: 's', digits: 2 },
          { name: 'CPU', unit: 's', digits: 2 },
        ],
        measure: async (rig) => {
          const before = rig.cpu();
          const startedAt = performance.now();
          await connectSequentially(rig.bulkPorts[0], COUNT);
          return [(performance.now() - startedAt) / 1000, rig.cpu() - before];
        },
      },
    ],
  },
];

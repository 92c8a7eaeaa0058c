import { availableParallelism } from 'node:os';
import { childrenOf } from '../../lib/process-stats.mjs';
import { atLeast } from '../lines.mjs';
import { receiveBulk, sendBulk } from '../users.mjs';

const CLIENTS = 8;
/** Until everything is compiled and windows have grown. */
const WARM_BYTES = 300e6;

/** The gateway with two workers beside itself with one: eight clients, a bulk stream of each. */
export const workers = [
  {
    name: 'GATEWAY_WORKERS=2, 8 clients (TLS, mux)',
    settings: { clients: CLIENTS },
    // What stands under "ours" and "frps" in other measurements.
    compared: { ours: 'two workers', theirs: 'one worker' },
    kinds: { ours: { GATEWAY_WORKERS: '2' }, theirs: { GATEWAY_WORKERS: '1' } },
    warmUp: async (rig, _context, side) => {
      const running = childrenOf(rig.server.pid).length;
      if (side === 'ours' && running < 2)
        return `skipped: GATEWAY_WORKERS=2 runs in ${running === 0 ? 'one process' : 'one worker'}`;
      await sendBulk(rig.bulkPorts, WARM_BYTES);
      await receiveBulk(rig.bulkPorts, WARM_BYTES);
      return undefined;
    },
    steps: [
      ['8 up', sendBulk],
      ['8 down', receiveBulk],
    ].map(([name, transfer]) => ({
      name,
      lines: [
        { name: 'speed', unit: 'Gbit/s', digits: 2, aim: atLeast(1.6) },
        { name: 'CPU', unit: 's/GB', digits: 3 },
        { name: `cores used by the gateway, of ${availableParallelism()}`, unit: '', digits: 2 },
        { name: 'cores used by the 8 frpc', unit: '', digits: 2 },
        { name: 'cores used by the load', unit: '', digits: 2 },
      ],
      measure: async (rig, { bytes, loadCpu }) => {
        const before = [rig.cpu(), rig.clientsCpu(), loadCpu()];
        const startedAt = performance.now();
        await transfer(rig.bulkPorts, 2 * bytes);
        const seconds = (performance.now() - startedAt) / 1000;
        const used = [rig.cpu(), rig.clientsCpu(), loadCpu()].map((value, index) => value - before[index]);
        return [
          (2 * bytes * 8) / 1e9 / seconds,
          used[0] / ((2 * bytes) / 1e9),
          ...used.map((value) => value / seconds),
        ];
      },
    })),
  },
];

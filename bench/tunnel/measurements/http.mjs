import { fileURLToPath } from 'node:url';
import { run } from '../../lib/wrk.mjs';
import { atLeast, atMost } from '../lines.mjs';
import { DOMAIN } from '../rig.mjs';

const SCRIPT = fileURLToPath(new URL('../http.lua', import.meta.url));
const CONNECTIONS = 64;
/** Before each measurement, until so many were answered: a process that has just started spends a quarter of its time on compiling. */
const WARM_REQUESTS = 20_000;
const WARM_SECONDS = 2;
const MOST_WARM_LOADS = 15;

const viaTcp = (rig) => rig.httpPort;
const viaHttp = (rig) => rig.vhostPort;

/** One answer of 1 KB after the other on 64 connections. */
export const http = [
  {
    name: 'HTTP, 64 connections, 1 KB (TLS, mux)',
    settings: {},
    steps: [
      requests('tcp proxy, keep-alive', viaTcp, [], { cpu: atMost(0.8) }),
      requests('tcp proxy, a connection each', viaTcp, ['-H', 'Connection: close'], { cpu: atMost(0.9) }),
      requests('http proxy, keep-alive', viaHttp, [], { perSecond: atLeast(3) }),
      requests('http proxy, a connection each', viaHttp, ['-H', 'Connection: close'], {}),
    ],
  },
  {
    name: 'new connections (TLS, no mux)',
    settings: { mux: false },
    steps: [
      requests('a connection each', viaTcp, ['-H', 'Connection: close'], { perSecond: atLeast(2.3), warm: 3_000 }),
    ],
  },
];

function requests(name, portOf, args, { warm = WARM_REQUESTS, ...aims }) {
  return {
    name,
    lines: [
      { name: 'CPU', unit: 'µs/request', digits: 1, aim: aims.cpu },
      { name: 'rate', unit: 'requests/s', digits: 0, aim: aims.perSecond },
      { name: 'p99', unit: 'ms', digits: 2 },
    ],
    measure: async (rig, { seconds, cores }) => {
      await warmUp(rig, cores, portOf, args, warm);
      const before = rig.cpu();
      const result = await load(rig, cores, portOf, args, seconds);
      const cpu = rig.cpu() - before;
      if (result.badStatus + result.broken > 0) {
        throw new Error(`${result.badStatus} requests had another answer than 200, ${result.broken} none`);
      }
      return [(cpu * 1e6) / result.requests, result.perSecond, result.p99Ms];
    },
  };
}

async function warmUp(rig, cores, portOf, args, requests) {
  let answered = 0;
  for (let loads = 0; loads < MOST_WARM_LOADS && answered < requests; loads += 1) {
    answered += (await load(rig, cores, portOf, args, WARM_SECONDS)).requests;
  }
}

function load(rig, cores, portOf, args, seconds) {
  const url = `http://127.0.0.1:${portOf(rig)}/`;
  const common = [`-c${CONNECTIONS}`, `-d${seconds}s`, '-H', `Host: ${DOMAIN}`, '-s', SCRIPT];
  return run(cores?.load, [...common, ...args, url]);
}

import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuilt } from '../../scripts/build.mjs';
import { median } from '../lib/process-stats.mjs';
import { Gateway } from './gateway.mjs';
import { USAGE, parseOptions } from './options.mjs';
import { PHASES } from './phases.mjs';
import { markdown, table } from './report.mjs';
import { STORES } from './stores.mjs';
import { WatchedProcess } from './watched-process.mjs';

const RESULTS = fileURLToPath(new URL('../results', import.meta.url));
const FRPC_MS = 15_000;
/** A process that does nothing, for as long as this one is there. */
const IDLE = 'setInterval(() => {}, 1e9); process.once("disconnect", () => process.exit())';

/**
 * How long logins take among many tenants, and how long they keep the gateway from everything else.
 * @param {string[]} args see USAGE
 * @returns {Promise<number>} exit code
 */
export async function main(args) {
  const options = parseOptions(args);
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  await ensureBuilt({ apps: ['gateway'] });
  const idle = new WatchedProcess(options.node, ['-e', IDLE]);
  try {
    const rows = [];
    for (const name of options.stores) rows.push(...(await measure(name, options, idle)));
    const summary = {
      date: new Date().toISOString(),
      node: execFileSync(options.node, ['--version'], { encoding: 'utf8' }).trim(),
      cpu: cpus()[0]?.model.trim() ?? 'unknown',
      rounds: options.rounds,
      tokens: options.tokens,
      rows,
    };
    console.log(`\n${table(summary)}`);
    if (options.keep) {
      await mkdir(RESULTS, { recursive: true });
      await writeFile(join(RESULTS, 'login.json'), `${JSON.stringify(summary, undefined, 2)}\n`);
      await writeFile(join(RESULTS, 'login.md'), markdown(summary));
    }
    return 0;
  } finally {
    await idle.stop();
  }
}

async function measure(storeName, { node, rounds, tokens }, idle) {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const gatewayFolder = join(folder, 'gateway');
  const store = await STORES[storeName](node, join(gatewayFolder, 'data'));
  if (typeof store === 'string') {
    console.log(`left out ${storeName}: ${store}`);
    return [];
  }
  const gateway = new Gateway(node, gatewayFolder, store.env);
  const documents = makeDocuments(tokens);
  const found = new Map();
  const watch = async (name, title, task) => {
    await gateway.gaps();
    await idle.gaps();
    const times = await task();
    const [gaps, noise] = [await gateway.gaps(), await idle.gaps()];
    const kept = found.get(name) ?? { store: storeName, name, title, times: [], rounds: [] };
    kept.times.push(...times);
    kept.rounds.push({ ...gaps, idleMs: noise.longestMs, idleOwnMs: noise.ownMs });
    found.set(name, kept);
    console.log(
      `${storeName} ${name.padEnd(15)} longest block ${gaps.ownMs.toFixed(1)} ms, with waits ${gaps.longestMs.toFixed(1)} (idle ${noise.ownMs.toFixed(1)}, ${noise.longestMs.toFixed(1)}), GC ${gaps.gcMs.toFixed(1)}`,
    );
  };
  try {
    if (store.open !== undefined) await store.put(documents);
    await gateway.start();
    await watch('load', `${tokens.toLocaleString('en')} tokens are read`, async () => {
      const from = performance.now();
      if (store.open === undefined) await store.put(documents);
      else store.open();
      await gateway.knows(tokens);
      return [performance.now() - from];
    });
    await seeFrpc(gateway.bindPort, documents.at(-1).token, folder);
    for (let round = 1; round <= rounds; round += 1) {
      for (const { name, title, run } of PHASES) {
        const stage = { port: gateway.bindPort, documents, gateway, store, round };
        await watch(name, title, () => run(stage));
      }
    }
  } finally {
    await gateway.stop().catch(() => undefined);
    await store.stop();
  }
  return [...found.values()].map(summarise);
}

function summarise({ times, rounds, ...what }) {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  const over = (figure) => median(rounds.map((round) => round[figure]));
  return {
    ...what,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    blockMs: over('ownMs'),
    worstBlockMs: Math.max(...rounds.map(({ ownMs }) => ownMs)),
    gcMs: over('gcMs'),
    idleBlockMs: over('idleOwnMs'),
    withWaitsMs: over('longestMs'),
    idleWithWaitsMs: over('idleMs'),
  };
}

/** As the api writes them, in the order in which they are read. */
function makeDocuments(count) {
  const values = Array.from({ length: count }, () => `tgt_${randomBytes(20).toString('hex')}`).sort();
  return values.map((token, index) => ({
    token,
    id: `tt_${String(index).padStart(22, '0')}`,
    region: 'eu',
    enabled: true,
    allowPorts: [{ start: 10_000, end: 60_000 }],
    maxPortsPerClient: 10,
    bandwidthLimit: '10MB',
    trafficReportIntervalMB: 100,
    description: 'benchmark',
    createdAt: new Date(1_790_000_000_000 + index * 1_000).toISOString(),
  }));
}

/** A stock frpc, where there is one: only to see that it gets in. */
async function seeFrpc(serverPort, token, folder) {
  const program = process.env.FRPC_BIN;
  if (program === undefined) return;
  const file = join(folder, 'frpc.toml');
  await writeFile(file, `serverAddr = "127.0.0.1"\nserverPort = ${serverPort}\nauth.token = "${token}"\n`);
  const child = spawn(program, ['-c', file], { stdio: ['ignore', 'pipe', 'pipe'] });
  const seen = await new Promise((resolve) => {
    let output = '';
    const look = (chunk) => {
      output += chunk;
      if (output.includes('login to server success')) resolve(true);
    };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    child.once('close', () => resolve(false));
    setTimeout(() => resolve(false), FRPC_MS).unref();
  });
  child.kill('SIGKILL');
  if (!seen) throw new Error('frpc did not get in');
  console.log('a stock frpc logged in');
}

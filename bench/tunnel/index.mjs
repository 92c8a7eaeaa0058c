import { execFileSync } from 'node:child_process';
import { accessSync, constants, rmSync } from 'node:fs';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuilt } from '../../scripts/build.mjs';
import { chooseCores, has } from '../lib/cpus.mjs';
import { cpuSeconds, cpuSecondsOfAll, machineCpuSeconds, median } from '../lib/process-stats.mjs';
import { ServerProcess } from '../lib/server-process.mjs';
import { bulk } from './measurements/bulk.mjs';
import { connects } from './measurements/connects.mjs';
import { distance } from './measurements/distance.mjs';
import { http } from './measurements/http.mjs';
import { latency } from './measurements/latency.mjs';
import { memory } from './measurements/memory.mjs';
import { workers } from './measurements/workers.mjs';
import { USAGE, parseOptions } from './options.mjs';
import { markdown, table } from './report.mjs';
import { Rig } from './rig.mjs';
import { summarise } from './summary.mjs';

const SEED = fileURLToPath(new URL('seed.mjs', import.meta.url));
const SERVICE = fileURLToPath(new URL('service.mjs', import.meta.url));
const TENANTS = 8;
const MEASUREMENTS = [...bulk, ...http, ...connects, ...latency, ...distance, ...memory, ...workers];
const WITH_FRPS = { ours: 'tollgate', theirs: 'frps' };

/**
 * Compares the gateway with frps.
 * @param {string[]} args see USAGE
 * @returns {Promise<number>} exit code
 */
export async function main(args) {
  const options = parseOptions(args);
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  const chosen = MEASUREMENTS.map((measurement) => ({
    ...measurement,
    compared: measurement.compared ?? WITH_FRPS,
    steps: measurement.steps.filter(({ name }) => options.rows.test(`${measurement.name}, ${name}`)),
  })).filter(({ steps }) => steps.length > 0);
  if (options.list) {
    for (const { name, steps } of chosen) for (const step of steps) console.log(`${name}, ${step.name}`);
    return 0;
  }
  if (chosen.length === 0) throw new Error('--rows matches no measurement; --list shows their names');
  const frp = findPrograms();
  if (!has('wrk')) throw new Error('wrk is not installed (Debian: apt-get install wrk)');
  await ensureBuilt({ apps: ['gateway'] });

  const folder = await mkdtemp(join(tmpdir(), 'tollgate-bench-'));
  // At the very end, also of an interrupted run.
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const cores = options.pin ? chooseCores() : undefined;
  const service = new ServerProcess({ core: cores?.load, command: [process.execPath, SERVICE], env: {} });
  const reports = await openReceiver();
  try {
    const [bulkPort, httpPort] = (await service.listening()).split(' ').map(Number);
    const lab = {
      folder,
      ...frp,
      node: options.node,
      ...fillStore(options.node, join(folder, 'seed')),
      reportUrl: `http://127.0.0.1:${reports.address().port}/`,
      services: { bulk: bulkPort, http: httpPort },
      cores,
    };
    const nodeVersion = execFileSync(options.node, ['--version'], { encoding: 'utf8' }).trim();
    const nodeMajor = Number(nodeVersion.slice(1).split('.')[0]);
    const loadCpu = () => cpuSeconds(service.pid) + process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6;
    const context = { ...options, cores, loadCpu };
    const sections = [];
    let hasFailed = false;
    for (const measurement of chosen) {
      const { name, compared } = measurement;
      // One that fails must not take the others' results with it.
      const measured = await measure(lab, measurement, context).catch((error) => {
        console.error(`${name}: ${error.message}`);
        return {
          results: new Map(),
          skipped: `failed: ${error.message.split('\n')[0]}`,
          othersCores: 0,
          hasFailed: true,
        };
      });
      const { results, skipped, othersCores } = measured;
      hasFailed ||= measured.hasFailed === true;
      sections.push({ name, compared, skipped, othersCores, lines: summarise(measurement, results, nodeMajor) });
    }
    const summary = {
      date: new Date().toISOString(),
      node: nodeVersion,
      frps: versionOf(frp.frps),
      frpc: versionOf(frp.frpc),
      cpu: cpus()[0]?.model.trim() ?? 'unknown',
      coreCount: availableParallelism(),
      cores: cores === undefined ? 'shared by servers, clients and load' : '1 for the server, another for the rest',
      rounds: options.rounds,
      seconds: options.seconds,
      gigabytes: options.bytes / 1e9,
      sections,
    };
    console.log(`\n${table(summary)}`);
    if (options.out !== undefined) {
      await mkdir(options.out, { recursive: true });
      await writeFile(join(options.out, 'tunnel.json'), `${JSON.stringify(summary, undefined, 2)}\n`);
      await writeFile(join(options.out, 'tunnel.md'), markdown(summary));
    }
    return hasFailed ? 1 : 0;
  } finally {
    reports.close();
    await service.stop();
  }
}

/** @throws Error that says what is missing */
function findPrograms() {
  const missing = ['FRPS_BIN', 'FRPC_BIN'].filter((name) => !isProgram(process.env[name]));
  if (missing.length === 0) return { frps: process.env.FRPS_BIN, frpc: process.env.FRPC_BIN };
  const each = { FRPS_BIN: 'frps, which the gateway is compared with', FRPC_BIN: 'frpc, which connects to both' };
  const lines = missing.map((name) => {
    const value = process.env[name];
    return `${name} ${value === undefined ? 'is not set' : `is no program (${value})`}: the path of ${each[name]}`;
  });
  throw new Error(lines.join('\n'));
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function versionOf(program) {
  return execFileSync(program, ['--version'], { encoding: 'utf8' }).trim();
}

/** An embedded store with a token for each tenant, which every gateway gets a copy of. */
function fillStore(node, dataDir) {
  const tokens = Array.from({ length: TENANTS }, (_, index) => `bench-token-of-tenant-${index}`);
  execFileSync(node, [SEED, dataDir, ...tokens], { stdio: ['ignore', 'ignore', 'inherit'] });
  return { dataDir, tokens };
}

/** Takes reports of traffic, as an api would. */
async function openReceiver() {
  const server = createServer((request, response) => {
    request.resume().once('end', () => response.end('{}'));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** Round by round, both servers in turn, who is first in turn too: whatever else the machine does meets both. */
async function measure(lab, measurement, context) {
  const results = new Map(measurement.steps.map(({ name }) => [name, { ours: [], theirs: [] }]));
  const others = [];
  for (let round = 0; round < context.rounds; round += 1) {
    const sides = round % 2 === 0 ? ['theirs', 'ours'] : ['ours', 'theirs'];
    for (const side of sides) {
      const env = measurement.kinds?.[side];
      const kind = env === undefined && side === 'theirs' ? 'frps' : 'ours';
      const rig = await Rig.start(lab, kind, measurement.settings, env ?? {});
      try {
        const skipped = await measurement.warmUp?.(rig, context, side);
        if (typeof skipped === 'string') return { results: new Map(), skipped, othersCores: 0 };
        for (const step of measurement.steps) {
          const othersBefore = othersSeconds();
          const startedAt = performance.now();
          const values = await step.measure(rig, context);
          others.push((othersSeconds() - othersBefore) / ((performance.now() - startedAt) / 1000));
          results.get(step.name)[side].push(values);
          const shown = step.lines.map(({ name, unit, digits }, index) =>
            `${name} ${values[index].toFixed(digits ?? 2)} ${unit}`.trimEnd(),
          );
          console.log(
            `${measurement.name}, ${step.name}, round ${round + 1}, ${measurement.compared[side]}: ${shown.join(', ')}`,
          );
        }
      } finally {
        await rig.stop();
      }
    }
  }
  return { results, skipped: undefined, othersCores: Number(median(others).toFixed(2)) };
}

/** CPU time that was used by processes that are not of this benchmark. */
function othersSeconds() {
  return machineCpuSeconds() - cpuSecondsOfAll(process.pid);
}

import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ensureBuilt } from '../../scripts/build.mjs';
import { redisState, startRedisServer } from '../../scripts/services/redis.mjs';
import { chooseCores, has } from '../lib/cpus.mjs';
import { cpuSeconds, residentBytes } from '../lib/process-stats.mjs';
import { ServerProcess, startChild } from '../lib/server-process.mjs';
import { runWrk } from '../lib/wrk.mjs';
import { USAGE, parseOptions } from './options.mjs';
import { markdown, table } from './report.mjs';
import { summarise } from './summary.mjs';

const SEED = fileURLToPath(new URL('seed.mjs', import.meta.url));
const RESULTS = fileURLToPath(new URL('../results', import.meta.url));
const ACCOUNTS = 1_000;
/** Counted into a round, so that work put off until after the answer (usage counts) is part of its price. */
const SETTLE_MS = 1_500;
/** Load before each round: the caches of the CPU belong to the target before. */
const REWARM_SECONDS = 1;
const PROBES = 20;

/**
 * Compares `/api/v2/validate` with its peers.
 * @param {string[]} args see USAGE
 * @returns {Promise<number>} exit code
 */
export async function main(args) {
  const options = parseOptions(args);
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  if (!has('wrk')) throw new Error('wrk is not installed (Debian: apt-get install wrk)');
  await ensureBuilt({ apps: ['api'] });

  const folder = await mkdtemp(join(tmpdir(), 'tollgate-bench-'));
  // At the very end, also of an interrupted run.
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const servers = [];
  try {
    const cores = chooseCores();
    const seeds = new Map();
    for (const stored of new Set(options.targets.flatMap((target) => target.stored ?? []))) {
      seeds.set(stored, await fillStore(options.node, folder, stored));
    }
    const started = [];
    for (const target of options.targets) {
      if (target.redis && redisState().kind === 'absent') {
        console.log(`left out ${target.name}: redis-server is not installed (Debian: apt-get install redis-server)`);
        continue;
      }
      const own = join(folder, target.name);
      await mkdir(own);
      const made = target.make(own, seeds.get(target.stored));
      const { command, load } = made;
      const redis = target.redis ? await startRedis(cores?.load) : undefined;
      if (redis !== undefined) servers.push(redis);
      const env = redis === undefined ? made.env : { ...made.env, REDIS_URL: redis.uri };
      const core = target.unbound ? undefined : cores?.server;
      const server = new ServerProcess({ core, command: [options.node, ...command], env });
      servers.push(server);
      const url = await server.listening();
      const requests = (await readFile(load.file, 'utf8')).trimEnd().split('\n');
      const answerBytes = await probe(target, url, load, requests);
      started.push({
        target,
        server,
        url,
        requests,
        load: { ...load, count: requests.length },
        answerBytes,
        rounds: [],
      });
    }
    await measure(started, options, cores);
    for (const { target, url, load, requests } of started) await probe(target, url, load, requests);

    const summary = summarise(started, {
      date: new Date().toISOString(),
      node: execFileSync(options.node, ['--version'], { encoding: 'utf8' }).trim(),
      cpu: cpus()[0]?.model.trim() ?? 'unknown',
      cores: cores === undefined ? 'server and load share the machine' : '1 for the server, another for the load',
      rounds: options.rounds,
      seconds: options.seconds,
      connections: options.connections,
    });
    console.log(`\n${table(summary)}`);
    if (options.keep) {
      await mkdir(RESULTS, { recursive: true });
      await writeFile(join(RESULTS, 'validate.json'), `${JSON.stringify(summary, undefined, 2)}\n`);
      await writeFile(join(RESULTS, 'validate.md'), markdown(summary));
    }
    const failed = summary.targets.filter(({ badStatus, broken }) => badStatus + broken > 0);
    for (const { name } of failed) console.error(`${name} answered something else than 200, or not at all`);
    return failed.length > 0 ? 1 : 0;
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

/** On the core of the load: the server has its own to itself. */
async function startRedis(core) {
  const redis = await startRedisServer();
  if (core !== undefined) execFileSync('taskset', ['-pc', String(core), String(redis.pid)], { stdio: 'ignore' });
  return redis;
}

async function fillStore(node, folder, tokens) {
  const dataDir = join(folder, `seed-${tokens}`);
  const hotFile = join(folder, `hot-${tokens}.tsv`);
  const allFile = join(folder, `all-${tokens}.tsv`);
  console.log(`filling a store with ${tokens} tokens of ${ACCOUNTS} accounts`);
  const child = startChild(undefined, [node, SEED, dataDir, String(tokens), String(ACCOUNTS), hotFile, allFile], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error('the store could not be filled');
  return { dataDir, hotFile, allFile };
}

/** Rounds interleaved, so that whatever else the machine does meets every target. */
async function measure(started, { rounds, seconds, warmupSeconds, connections }, cores) {
  const load = async (one, forSeconds) =>
    runWrk({ core: cores?.load, url: one.url, load: one.load, connections, seconds: forSeconds });
  for (const one of started) {
    console.log(`warming up ${one.target.name}`);
    await load(one, warmupSeconds);
  }
  for (let round = 1; round <= rounds; round += 1) {
    for (const one of started) {
      await refill(one, load);
      await sleep(SETTLE_MS);
      const before = cpuSeconds(one.server.pid);
      const result = await load(one, seconds);
      const busy = (cpuSeconds(one.server.pid) - before) / seconds;
      await sleep(SETTLE_MS);
      const cpu = cpuSeconds(one.server.pid) - before;
      one.rounds.push({
        ...result,
        cpuUsPerRequest: (cpu * 1e6) / result.requests,
        serverBusy: busy,
        residentBytes: residentBytes(one.server.pid),
      });
      console.log(`round ${round} ${one.target.name.padEnd(18)} ${Math.round(result.perSecond)} requests/s`);
    }
  }
}

/**
 * Until every token was asked for. A turn of all targets takes longer than a server need keep what it has cached, so
 * that without this a round over many tokens would measure the filling of a cache.
 */
async function refill(one, load) {
  let { requests, perSecond } = await load(one, REWARM_SECONDS);
  while (requests < one.load.count) {
    const again = await load(one, Math.ceil((1.2 * one.load.count) / perSecond));
    ({ requests, perSecond } = again);
  }
}

/**
 * Asks a few of the requests one by one; a load of fast refusals would be no measurement.
 * @returns {Promise<number>} bytes of an answer's body
 */
async function probe(target, url, { path, contentType }, lines) {
  let bytes = 0;
  for (let index = 0; index < PROBES; index += 1) {
    const [authorization, body] = lines[Math.floor((index * lines.length) / PROBES)].split('\t');
    const headers = { authorization, 'content-type': contentType };
    const response = await fetch(new URL(path, url), { method: 'POST', headers, body });
    const text = await response.text();
    const { valid, active } = response.ok ? JSON.parse(text) : {};
    if (valid !== true && active !== true) throw new Error(`${target.name} answered ${response.status}: ${text}`);
    bytes = Buffer.byteLength(text);
  }
  return bytes;
}

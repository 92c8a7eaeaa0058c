import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuilt } from '../../scripts/build.mjs';
import { chooseCores, has } from '../lib/cpus.mjs';
import { median, residentBytes } from '../lib/process-stats.mjs';
import { ServerProcess } from '../lib/server-process.mjs';
import { sendFiles } from './load.mjs';
import { USAGE, parseOptions } from './options.mjs';
import { markdown, table } from './report.mjs';
import { bareBusboy, bareFastify, tollgate } from './servers.mjs';
import { issueAndVerify } from './tokens.mjs';

const RESULTS = fileURLToPath(new URL('../results', import.meta.url));
const MIB = 1_048_576;
const MEMORY_UPLOADS = 20;
const MEMORY_BYTES = 500 * MIB;
const RSS_POLL_MS = 50;

/**
 * Compares uploads with busboy alone, and issue and verify with Fastify alone.
 * @param {string[]} args see USAGE
 * @returns {Promise<number>} exit code
 */
export async function main(args) {
  const options = parseOptions(args);
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  await ensureBuilt({ apps: ['api'] });
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const rows = [];
  if (options.parts.has('one')) rows.push(await compareUploads(folder, 1, options));
  if (options.parts.has('eight')) rows.push(await compareUploads(folder, 8, options));
  if (options.parts.has('memory')) rows.push(await measureMemory(folder));
  if (options.parts.has('tokens')) rows.push(await compareTokens(folder, options));
  const summary = {
    date: new Date().toISOString(),
    node: process.version,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    rounds: options.rounds,
    mebibytes: options.bytes / MIB,
    rows,
  };
  console.log(`\n${table(rows)}`);
  if (options.keep) {
    await mkdir(RESULTS, { recursive: true });
    await writeFile(join(RESULTS, 'upload.json'), `${JSON.stringify(summary, undefined, 2)}\n`);
    await writeFile(join(RESULTS, 'upload.md'), markdown(summary));
  }
  return 0;
}

/** Rounds interleaved, so that whatever else the machine does meets both; the first of each warms up and is not counted. */
async function compareUploads(folder, parallel, { rounds, bytes }) {
  const servers = [await started(bareBusboy(folder)), await started(tollgate(folder))];
  const speeds = servers.map(() => []);
  try {
    for (let round = 0; round <= rounds; round += 1) {
      for (const [index, { made, url }] of servers.entries()) {
        const tokens = await made.tokens(url, parallel);
        const { seconds, fileIds } = await sendFiles(url, bytes, tokens);
        await made.remove(url, fileIds);
        // Written out before the next one begins: a disk that is busy with the last file slows down the next.
        execFileSync('sync');
        const speed = (parallel * bytes) / MIB / seconds;
        console.log(`${parallel} at once, round ${round}, ${made.name}: ${Math.round(speed)} MiB/s`);
        if (round > 0) speeds[index].push(speed);
      }
    }
  } finally {
    await Promise.all(servers.map(({ server }) => server.stop()));
  }
  const [theirs, ours] = speeds;
  return ratioRow(`${parallel} of ${bytes / MIB} MiB at once`, 'MiB/s', ours, theirs, '≥ 0.90', (x) => x >= 0.9);
}

async function measureMemory(folder) {
  const { server, url, made } = await started(tollgate(folder));
  try {
    // Once for what is loaded and compiled with the first uploads.
    const warm = await sendFiles(url, 64 * MIB, await made.tokens(url, MEMORY_UPLOADS));
    await made.remove(url, warm.fileIds);
    const before = residentBytes(server.pid);
    let most = before;
    const poll = setInterval(() => (most = Math.max(most, residentBytes(server.pid))), RSS_POLL_MS);
    const { seconds, fileIds } = await sendFiles(url, MEMORY_BYTES, await made.tokens(url, MEMORY_UPLOADS));
    clearInterval(poll);
    await made.remove(url, fileIds);
    const grown = (most - before) / 1e6;
    return {
      name: `memory that ${MEMORY_UPLOADS} uploads of ${MEMORY_BYTES / MIB} MiB take`,
      ours: `${grown.toFixed(0)} MB (${(before / 1e6).toFixed(0)} → ${(most / 1e6).toFixed(0)}), ${seconds.toFixed(0)} s`,
      theirs: '',
      ratio: '',
      range: '',
      aim: '< 60 MB',
      verdict: grown < 60 ? 'met' : 'missed',
    };
  } finally {
    await server.stop();
  }
}

async function compareTokens(folder, { rounds }) {
  if (!has('wrk')) throw new Error('wrk is not installed (Debian: apt-get install wrk)');
  const cores = chooseCores();
  const servers = [await started(bareFastify(folder), cores?.server), await started(tollgate(folder), cores?.server)];
  const speeds = servers.map(() => []);
  try {
    for (let round = 0; round <= rounds; round += 1) {
      for (const [index, { made, url }] of servers.entries()) {
        const { perSecond, bad } = await issueAndVerify(cores?.load, url, made.key);
        if (bad > 0) throw new Error(`${made.name} answered ${bad} requests with something else than 200`);
        console.log(`issue and verify, round ${round}, ${made.name}: ${Math.round(perSecond)} requests/s`);
        if (round > 0) speeds[index].push(perSecond);
      }
    }
  } finally {
    await Promise.all(servers.map(({ server }) => server.stop()));
  }
  const [theirs, ours] = speeds;
  return ratioRow('issue and verify, half of each', 'requests/s', ours, theirs, '≥ 0.50', (x) => x >= 0.5);
}

async function started(made, core) {
  await rm(made.folder, { recursive: true, force: true });
  await mkdir(made.folder, { recursive: true });
  const server = new ServerProcess({ core, command: [process.execPath, ...made.command], env: made.env });
  return { server, made, url: await server.listening() };
}

/** The ratios of rounds that lie side by side, and of these the median. */
function ratioRow(name, unit, ours, theirs, aim, holds) {
  const ratios = ours.map((value, index) => value / theirs[index]);
  const ratio = median(ratios);
  return {
    name,
    ours: `${Math.round(median(ours)).toLocaleString('en')} ${unit}`,
    theirs: `${Math.round(median(theirs)).toLocaleString('en')} ${unit}`,
    ratio: ratio.toFixed(2),
    range: `${Math.min(...ratios).toFixed(2)} – ${Math.max(...ratios).toFixed(2)}`,
    aim,
    verdict: holds(ratio) ? 'met' : 'missed',
  };
}

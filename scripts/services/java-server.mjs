// Servers for tests that run in Java: their jars fetched with Maven into .cache, their main class run from its source.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 5_000;

/**
 * @param {object} server
 * @param {string} server.title for people
 * @param {string} server.sources its folder with a pom.xml, from the root of the project
 * @param {string} server.main the file there to run
 * @param {string} server.jars the folder in .cache for its jars
 */
export function javaServer({ title, sources, main, jars }) {
  const from = join(ROOT, sources);
  const to = join(ROOT, '.cache', jars);
  return {
    state: (env = process.env) => stateOf(to, env),
    install: async () => fetchJars(from, to),
    start: async (...args) => start(title, ['-cp', join(to, '*'), join(from, main), ...args]),
  };
}

function stateOf(jars, env) {
  if (!runs('java', '-version')) return { kind: 'absent', reason: 'no java' };
  if (existsSync(jars)) return { kind: 'ready' };
  const mayFetch = env.TOLLGATE_FETCH_SERVICES === '1' || env.CI === 'true';
  if (!mayFetch) return { kind: 'absent', reason: 'its jars are not there; TOLLGATE_FETCH_SERVICES=1 fetches them' };
  return runs('mvn', '--version') ? { kind: 'installable' } : { kind: 'absent', reason: 'no mvn to fetch its jars' };
}

async function fetchJars(sources, jars) {
  if (existsSync(jars)) return;
  await mkdir(dirname(jars), { recursive: true });
  // Filled beside and then renamed: the folder is there whole or not at all, whoever else fetches at the same time.
  const folder = await mkdtemp(`${jars}-`);
  try {
    const args = ['-q', '-B', '-f', join(sources, 'pom.xml'), 'dependency:copy-dependencies'];
    await finished(spawn('mvn', [...args, `-DoutputDirectory=${folder}`], { stdio: ['ignore', 'pipe', 'pipe'] }));
    await rename(folder, jars).catch((error) => {
      if (!existsSync(jars)) throw error;
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function start(title, args) {
  const limits = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
  // It ends when its standard input does: also when we are killed.
  const child = spawn('java', [...limits, ...args.map(String)], { stdio: ['pipe', 'pipe', 'ignore'] });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const stop = async () => {
    child.stdin.end();
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await exited;
    clearTimeout(timer);
  };
  try {
    return { port: await listeningPort(title, child), pid: child.pid, stop };
  } catch (error) {
    if (child.pid !== undefined) await stop();
    throw error;
  }
}

/** @param {import('node:child_process').ChildProcess} child */
function listeningPort(title, child) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${title} does not start`)), START_TIMEOUT_MS);
    const settle = (outcome) => {
      clearTimeout(timer);
      outcome();
    };
    child.once('error', (error) => settle(() => reject(error)));
    child.once('exit', (code) => settle(() => reject(new Error(`${title} ended with ${code}`))));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const port = /^ready (\d+)$/.exec(line)?.[1];
      if (port !== undefined) settle(() => resolve(Number(port)));
    });
  });
}

/** @param {import('node:child_process').ChildProcess} child */
async function finished(child) {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`mvn ended with ${code}:\n${output.slice(-2_000)}`);
}

/** Whether a program is there and answers. */
function runs(command, argument) {
  return spawnSync(command, [argument], { stdio: 'ignore' }).status === 0;
}

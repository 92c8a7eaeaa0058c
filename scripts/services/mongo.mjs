// The MongoDB stand-in for tests: mongo-java-server, fetched with Maven into .cache and run with java.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');
const SOURCES = join(ROOT, 'test/support/mongo-server');
const JARS = join(ROOT, '.cache/mongo-java-server');

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 5_000;

export function mongoStandInState(env = process.env) {
  if (!runs('java', '-version')) return { kind: 'absent', reason: 'no java' };
  if (existsSync(JARS)) return { kind: 'ready' };
  const mayFetch = env.TOLLGATE_FETCH_SERVICES === '1' || env.CI === 'true';
  if (!mayFetch) return { kind: 'absent', reason: 'its jars are not there; TOLLGATE_FETCH_SERVICES=1 fetches them' };
  return runs('mvn', '--version') ? { kind: 'installable' } : { kind: 'absent', reason: 'no mvn to fetch its jars' };
}

export async function installMongoStandIn() {
  if (existsSync(JARS)) return;
  await mkdir(dirname(JARS), { recursive: true });
  // Filled beside and then renamed: the folder is there whole or not at all, whoever else fetches at the same time.
  const folder = await mkdtemp(`${JARS}-`);
  try {
    const args = ['-q', '-B', '-f', join(SOURCES, 'pom.xml'), 'dependency:copy-dependencies'];
    await finished(spawn('mvn', [...args, `-DoutputDirectory=${folder}`], { stdio: ['ignore', 'pipe', 'pipe'] }));
    await rename(folder, JARS).catch((error) => {
      if (!existsSync(JARS)) throw error;
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export async function startMongoStandIn({ port = 0 } = {}) {
  const limits = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
  const args = [...limits, '-cp', join(JARS, '*'), join(SOURCES, 'MongoStandIn.java'), String(port)];
  // It ends when its standard input does: also when we are killed.
  const child = spawn('java', args, { stdio: ['pipe', 'pipe', 'ignore'] });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const stop = async () => {
    child.stdin.end();
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await exited;
    clearTimeout(timer);
  };
  try {
    const bound = await listeningPort(child);
    return { uri: `mongodb://127.0.0.1:${bound}`, pid: child.pid, stop };
  } catch (error) {
    if (child.pid !== undefined) await stop();
    throw error;
  }
}

/** @param {import('node:child_process').ChildProcess} child */
function listeningPort(child) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the MongoDB stand-in does not start')), START_TIMEOUT_MS);
    const settle = (outcome) => {
      clearTimeout(timer);
      outcome();
    };
    child.once('error', (error) => settle(() => reject(error)));
    child.once('exit', (code) => settle(() => reject(new Error(`the MongoDB stand-in ended with ${code}`))));
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

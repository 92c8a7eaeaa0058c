// Redis servers for tests: the machine's redis-server on a loopback port, without any persistence.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const START_TIMEOUT_MS = 10_000;
const STOP_TIMEOUT_MS = 3_000;
/** Somebody else may take a free port before the server does. */
const TRIES = 3;
/** A server of a cluster takes this many more for its bus. */
const BUS_OFFSET = 10_000;

export function redisState() {
  const found = spawnSync('redis-server', ['--version'], { stdio: 'ignore' }).status === 0;
  return found ? { kind: 'ready' } : { kind: 'absent', reason: 'no redis-server' };
}

export async function startRedisServer({ port, args = [], configFile } = {}) {
  for (let tried = 1; ; tried += 1) {
    const folder = await mkdtemp(join(tmpdir(), 'tollgate-redis-'));
    try {
      return await started({ port: port ?? (await freeRedisPort()), args, configFile, folder });
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      if (port !== undefined || tried === TRIES) throw error;
    }
  }
}

/** @returns {Promise<number>} a free port whose cluster bus port is free too */
export async function freeRedisPort() {
  for (;;) {
    const port = await boundPort(0);
    if (port !== undefined && port + BUS_OFFSET < 65_536 && (await boundPort(port + BUS_OFFSET)) !== undefined) {
      return port;
    }
  }
}

async function started({ port, args, configFile, folder }) {
  const common = ['--port', port, '--bind', '127.0.0.1', '--dir', folder];
  const own = configFile === undefined ? ['--save', '', '--appendonly', 'no'] : [];
  const words = [...(configFile === undefined ? [] : [configFile]), ...common, ...own, ...args].map(String);
  const child = spawn('redis-server', words, { stdio: 'ignore' });
  // Also when this process ends without stopping it.
  const killAtExit = () => child.kill('SIGKILL');
  process.once('exit', killAtExit);
  let ended;
  const exited = new Promise((resolve) => {
    child.once('error', (error) => resolve((ended = error.message)));
    child.once('exit', (code, signal) => resolve((ended = `it ended with ${signal ?? code}`)));
  });
  const gone = exited.then(async () => {
    process.off('exit', killAtExit);
    await rm(folder, { recursive: true, force: true });
  });
  const stop = async () => {
    // A frozen one would not notice.
    if (ended === undefined) child.kill('SIGCONT');
    if (ended === undefined) child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await gone;
    clearTimeout(timer);
  };

  const deadline = performance.now() + START_TIMEOUT_MS;
  while (!(await answers(port))) {
    if (ended === undefined && performance.now() < deadline) {
      await pause(10);
      continue;
    }
    const reason = ended ?? 'it does not answer';
    await stop();
    throw new Error(`redis-server on port ${port} does not start: ${reason}`);
  }
  return { uri: `redis://127.0.0.1:${port}`, port, pid: child.pid, exited: gone, stop };
}

/** Whether something there speaks as Redis does; an error such as NOAUTH is an answer too. */
function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.setTimeout(500, () => socket.destroy());
    socket.once('data', (data) => {
      resolve(data[0] === 0x2b || data.toString('latin1').startsWith('-NOAUTH'));
      socket.destroy();
    });
    socket.once('error', () => undefined);
    socket.once('close', () => resolve(false));
  });
}

/** @returns {Promise<number | undefined>} the port, when it could be bound */
function boundPort(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const { port: bound } = server.address();
      server.close(() => resolve(bound));
    });
  });
}

// The services that suites run against.
//   node scripts/services/index.mjs install            installs what is missing (Debian, root)
//   node scripts/services/index.mjs run -- <command>   starts them, runs the command with their addresses, stops them
import { spawn } from 'node:child_process';
import { installMissing } from './debian.mjs';
import { installMongoStandIn, mongoStandInState, startMongoStandIn } from './mongo.mjs';
import { redisState, startRedisServer } from './redis.mjs';
import { installS3Server, s3ServerState, startS3Server } from './s3.mjs';

/** Each starts on a free loopback port, or says why it can't. */
const SERVICES = [
  { name: 'MongoDB', variable: 'MONGO_TEST_URI', start: startMongo },
  { name: 'Redis', variable: 'REDIS_TEST_URL', start: startRedis },
  { name: 'S3', variable: 'S3_TEST_ENDPOINT', start: startS3 },
];

const [verb, separator, ...command] = process.argv.slice(2);
if (verb === 'install') installMissing();
else if (verb === 'run' && separator === '--' && command.length > 0) process.exitCode = await run(command);
else {
  console.error('usage: node scripts/services/index.mjs install | run -- <command>');
  process.exitCode = 2;
}

/** @param {string[]} words */
async function run([program, ...args]) {
  installMissing();
  const running = [];
  const env = { ...process.env };
  try {
    for (const { name, variable, start } of SERVICES) {
      // A server that somebody named is used as it is.
      if (env[variable]) continue;
      const service = await start();
      if (service.uri === undefined) {
        console.error(`${name} is not here: ${service.reason}`);
        continue;
      }
      running.push(service);
      env[variable] = service.uri;
      console.error(`${name} at ${service.uri}, pid ${service.pid}`);
    }
    return await finished(spawn(program, args, { env, stdio: 'inherit' }));
  } finally {
    await Promise.all(running.map((service) => service.stop()));
  }
}

async function startMongo() {
  const state = mongoStandInState();
  if (state.kind === 'absent') return { reason: state.reason };
  if (state.kind === 'installable') await installMongoStandIn();
  return startMongoStandIn();
}

async function startRedis() {
  const state = redisState();
  return state.kind === 'absent' ? { reason: state.reason } : startRedisServer();
}

async function startS3() {
  const state = s3ServerState();
  if (state.kind === 'absent') return { reason: state.reason };
  if (state.kind === 'installable') await installS3Server();
  return startS3Server();
}

/** @param {import('node:child_process').ChildProcess} child */
function finished(child) {
  const pass = (signal) => child.kill(signal);
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, pass);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

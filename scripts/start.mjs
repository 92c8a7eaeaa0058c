// Runs the programs of this installation until told to stop: node scripts/start.mjs [api|gateway]
import { resolve } from 'node:path';
import { ensureBuilt } from './build.mjs';
import { banner } from './lib/banner.mjs';
import { Child, isFree } from './lib/child.mjs';

const PORTS = {
  api: {
    variable: 'PORT',
    fallback: 8081,
    host: process.env.HOST || (process.env.NODE_ENV === 'production' ? '0.0.0.0' : '127.0.0.1'),
  },
  gateway: { variable: 'GATEWAY_ADMIN_PORT', fallback: 7500, host: process.env.GATEWAY_ADMIN_HOST || '127.0.0.1' },
};
const IMPATIENT_AFTER_MS = 1000;
const HEALTH = { api: '/health', gateway: '/healthz' };

process.exitCode = await main(process.argv.slice(2));

/** @param {string[]} args */
async function main(args) {
  const unknown = args.find((arg) => !(arg in PORTS));
  if (unknown !== undefined) return fail(`unknown program ${JSON.stringify(unknown)}: api, gateway or none for both`);
  const apps = args.length > 0 ? args : Object.keys(PORTS);

  for (const app of apps) {
    const { variable, fallback, host } = PORTS[app];
    const port = Number(process.env[variable] || fallback);
    // A port that is no number is left to the program, which names every wrong variable at once.
    if (Number.isInteger(port) && port <= 65_535 && !(await isFree(port, host))) {
      return fail(`port ${port} on ${host} is in use: set ${variable} to another one (0 takes any free one)`);
    }
  }
  try {
    await ensureBuilt({ apps });
  } catch (error) {
    return fail(error.message);
  }
  return run(apps);
}

/** @param {string[]} apps */
async function run(apps) {
  const children = apps.map((app) => new Child(app));
  let stopping = false;
  const stopAll = async () => {
    stopping = true;
    return Promise.all(children.map((child) => child.stop()));
  };
  let firstAskedAt;
  const onSignal = () => {
    // A terminal and npm may both pass one Ctrl-C on; a second one means it.
    if (firstAskedAt !== undefined && Date.now() - firstAskedAt > IMPATIENT_AFTER_MS) {
      for (const child of children) child.kill();
    }
    firstAskedAt ??= Date.now();
    void stopAll();
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, onSignal);

  const urls = await Promise.all(children.map((child) => child.ready(HEALTH[child.app])));
  if (!stopping && urls.every((url) => url !== undefined)) {
    const urlOf = Object.fromEntries(apps.map((app, index) => [app, urls[index]]));
    process.stdout.write(
      banner({
        ...urlOf,
        dataDir: resolve(process.env.DATA_DIR || './data'),
        keyFromEnvironment: Boolean(process.env.OPERATOR_KEY),
        store: process.env.MONGO_URI ? 'MongoDB (MONGO_URI)' : 'embedded (SQLite)',
      }),
    );
    // Whichever ends first, told to or not.
    await Promise.race(children.map((child) => child.ended));
  }

  const asked = stopping;
  const codes = await stopAll();
  if (asked) return codes.every((code) => code === 0) ? 0 : 1;
  const names = children.filter((_, index) => urls[index] === undefined || codes[index] !== 0);
  return fail(
    `${names.map((child) => child.app).join(' and ') || 'a program'} ended by itself; everything was stopped`,
  );
}

/** @param {string} message */
function fail(message) {
  console.error(`tollgate: ${message}`);
  return 1;
}

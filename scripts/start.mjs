// Runs the programs of this installation until told to stop: node scripts/start.mjs [api|gateway] [-c frps.toml]
import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBuilt } from './build.mjs';
import { banner } from './lib/banner.mjs';
import { Child, isFree } from './lib/child.mjs';
import { hasTerminal } from './lib/terminal.mjs';

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
  let command;
  try {
    command = parseArgs({ args, allowPositionals: true, options: { config: { type: 'string', short: 'c' } } });
  } catch (error) {
    return fail(error.message);
  }
  const { positionals: named, values } = command;
  const unknown = named.find((arg) => !(arg in PORTS));
  if (unknown !== undefined) return fail(`unknown program ${JSON.stringify(unknown)}: api, gateway or none for both`);
  const apps = named.length > 0 ? named : Object.keys(PORTS);
  if (values.config !== undefined && !apps.includes('gateway')) return fail('-c names a file for the gateway only');

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
  return run(apps, values.config);
}

/**
 * @param {string[]} apps
 * @param {string | undefined} configFile of the gateway
 */
async function run(apps, configFile) {
  const reports = apps.length > 1 ? reportsToOurself() : {};
  const children = apps.map((app) =>
    app === 'gateway' ? startGateway(configFile, reports) : new Child(app, { env: reports.api }),
  );
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
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, onSignal);
  const gateway = children.find((child) => child.app === 'gateway');
  const hadTerminal = hasTerminal();
  process.on('SIGHUP', () => {
    // Both an operator who has changed settings and the end of a terminal say so; only the gateway takes settings anew.
    if (gateway === undefined || (hadTerminal && !hasTerminal())) onSignal();
    else gateway.reload();
  });

  const urls = await Promise.all(children.map((child) => child.ready(HEALTH[child.app])));
  if (!stopping && urls.every((url) => url !== undefined)) {
    const urlOf = Object.fromEntries(apps.map((app, index) => [app, urls[index]]));
    process.stdout.write(
      banner({
        ...urlOf,
        dataDir: resolve(process.env.DATA_DIR || './data'),
        configFile: configFile === undefined ? undefined : resolve(configFile),
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

/**
 * Without a file the gateway shares the embedded store with the api, where nothing says otherwise; with one, the file decides.
 * @param {string | undefined} configFile
 * @param {{ gateway?: Record<string, string> }} reports
 */
function startGateway(configFile, { gateway: env = {} }) {
  if (configFile !== undefined) return new Child('gateway', { args: ['-c', configFile], env });
  const isTold = Boolean(process.env.TENANT_SOURCE?.trim() || process.env.ETCD_ENDPOINTS?.trim());
  return new Child('gateway', { env: isTold ? env : { TENANT_SOURCE: 'embedded', ...env } });
}

/**
 * Has the gateway report traffic to the api beside it, where nothing says otherwise: with a key that nobody else knows.
 * @returns {{ api?: Record<string, string>, gateway?: Record<string, string> }} what to set for each
 */
function reportsToOurself() {
  const { TRAFFIC_REPORT_KEY: key = randomBytes(32).toString('base64url'), TRAFFIC_REPORT_URL: url } = process.env;
  const port = Number(process.env.PORT || PORTS.api.fallback);
  // An api on any free port is not known yet when the gateway starts.
  if (url || port === 0) return {};
  const host = ['0.0.0.0', '::'].includes(PORTS.api.host) ? '127.0.0.1' : PORTS.api.host;
  const gateway = { TRAFFIC_REPORT_URL: `http://${host}:${port}/traffic/report`, TRAFFIC_REPORT_KEY: key };
  return { api: { TRAFFIC_REPORT_KEY: key }, gateway };
}

/** @param {string} message */
function fail(message) {
  console.error(`tollgate: ${message}`);
  return 1;
}

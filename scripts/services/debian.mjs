import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

/** A command that the build or a suite needs, and the Debian package that brings it. */
const PACKAGES = {
  // better-sqlite3 is compiled where it has no binary for this Node.
  'g++': 'g++',
  make: 'make',
  python3: 'python3',
  // The MongoDB stand-in, and the S3 server.
  java: 'default-jdk-headless',
  mvn: 'maven',
  // Redis, which suites start for themselves.
  'redis-server': 'redis-server',
  // etcd, likewise.
  etcd: 'etcd-server',
  // The administrator's page is tested in it.
  chromium: 'chromium',
  // The signing examples of the documentation.
  curl: 'curl',
  openssl: 'openssl',
  go: 'golang-go',
};

/** Debian asks this program whether a package may start its service; see invoke-rc.d(8). */
const POLICY = '/usr/sbin/policy-rc.d';
const NOT_ALLOWED = 101;

/** Whether missing programs may be installed: asked for, and possible. */
export function mayInstall(env = process.env) {
  const wanted = env.TOLLGATE_FETCH_SERVICES === '1' || env.CI === 'true';
  return wanted && process.getuid?.() === 0 && has('apt-get');
}

/** Installs the packages of the commands that are missing; nothing to do when none is. */
export function installMissing() {
  const missing = Object.entries(PACKAGES).filter(([command]) => !has(command));
  if (missing.length === 0) return;
  const packages = missing.map(([, name]) => name);
  if (!mayInstall()) {
    console.error(`not installed here: ${packages.join(', ')} (as root, TOLLGATE_FETCH_SERVICES=1 installs them)`);
    return;
  }
  aptGet('update');
  // From the machine's own release also where a newer one is configured beside it, which would upgrade the C library.
  withoutStartingServices(() => {
    aptGet('install', '--yes', '--no-install-recommends', '-t', release(), ...packages);
  });
}

/**
 * Suites start servers of their own: what a package brings is not to run on this machine as well. Where there is a rule
 * already, as in Debian's containers, that one decides.
 */
function withoutStartingServices(install) {
  if (existsSync(POLICY)) return install();
  writeFileSync(POLICY, `#!/bin/sh\nexit ${NOT_ALLOWED}\n`, { mode: 0o755 });
  try {
    return install();
  } finally {
    rmSync(POLICY);
  }
}

/** @param {string} command */
function has(command) {
  return spawnSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' }).status === 0;
}

function release() {
  return /^VERSION_CODENAME=(.+)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'stable';
}

/** @param {string[]} args */
function aptGet(...args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const { status } = spawnSync('apt-get', ['-q', ...args], { stdio: ['ignore', 2, 2], env });
  if (status !== 0) throw new Error(`apt-get ${args.join(' ')} ended with ${status}`);
}

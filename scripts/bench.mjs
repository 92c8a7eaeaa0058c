// Runs a benchmark of bench/: node scripts/bench.mjs <name> [options]
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from './lib/project.mjs';

const BENCH = join(ROOT, 'bench');

process.exitCode = await main(process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  return 1;
});

/** @param {string[]} args */
async function main([name, ...options]) {
  const names = readdirSync(BENCH).filter((folder) => existsSync(join(BENCH, folder, 'index.mjs')));
  if (name === undefined || !names.includes(name)) {
    throw new Error(`usage: npm run bench <name> -- [options]; names: ${names.join(', ')}`);
  }
  // Ends by way of `exit`, where the servers that were started are killed.
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ]) {
    process.once(signal, () => process.exit(code));
  }
  await installPeers();
  const bench = await import(pathToFileURL(join(BENCH, name, 'index.mjs')).href);
  return bench.main(options);
}

/** What is compared with is installed when it is first needed, and again when its lock has changed. */
async function installPeers() {
  const lock = join(BENCH, 'package-lock.json');
  const installed = join(BENCH, 'node_modules/.installed-lock.json');
  if (existsSync(installed) && readFileSync(installed).equals(readFileSync(lock))) return;
  console.log('installing what is compared with');
  await new Promise((resolve, reject) => {
    const child = spawn('npm', ['ci', '--prefix', BENCH], { stdio: ['ignore', 2, 2] });
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error('npm ci --prefix bench failed'))));
  });
  copyFileSync(lock, installed);
}

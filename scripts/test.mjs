// Builds, runs the tests, and ends with the line "N passed, N failed": node scripts/test.mjs [--long] [jest options]
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt } from './build.mjs';
import { ROOT } from './lib/project.mjs';

const SUITES = ['unit', 'contract', 'e2e', 'browser', 'fuzz', 'interop'];
const LONG_SUITES = ['load'];
/** The suites in `test/load` take minutes by design. */
const LONG_TIMEOUT_MS = 30 * 60_000;

process.exitCode = await main(process.argv.slice(2));

/** @param {string[]} args */
async function main(args) {
  const long = args.includes('--long');
  const options = args.filter((arg) => arg !== '--long');
  if (!options.includes('--selectProjects')) options.push('--selectProjects', ...(long ? LONG_SUITES : SUITES));
  if (long) options.push('--runInBand', `--testTimeout=${LONG_TIMEOUT_MS}`);

  try {
    await ensureBuilt();
  } catch (error) {
    console.error(error.message);
    return report({ passed: 0, failed: 1, skipped: 0 });
  }
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-test-'));
  try {
    const file = join(folder, 'results.json');
    const code = await jest([...options, '--json', '--outputFile', file]);
    return report(await countsIn(file), code);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** @param {string[]} options */
function jest(options) {
  return new Promise((resolve, reject) => {
    const bin = join(ROOT, 'node_modules/jest/bin/jest.js');
    // Jest writes for people on standard error; standard output would be the JSON once more.
    const child = spawn(process.execPath, [bin, ...options], { cwd: ROOT, stdio: ['inherit', 'ignore', 'inherit'] });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/** A suite that could not even be loaded counts as one failure. */
async function countsIn(file) {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return { passed: 0, failed: 1, skipped: 0 };
  const results = JSON.parse(text);
  return {
    passed: results.numPassedTests,
    failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
    skipped: results.numPendingTests + results.numTodoTests,
  };
}

/** @param {{ passed: number, failed: number, skipped: number }} counts */
function report({ passed, failed, skipped }, code = 1) {
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  return failed > 0 || code !== 0 ? 1 : 0;
}

// Builds api, gateway and cli into dist: node scripts/build.mjs [--force]
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { withLock } from './lib/build-lock.mjs';
import { APPS, entryOf, ROOT } from './lib/project.mjs';

const DIST = join(ROOT, 'dist');
const stampOf = (app) => join(DIST, `.${app}.stamp`);
const NEST = join(ROOT, 'node_modules/@nestjs/cli/bin/nest.js');

/**
 * Builds what is missing or older than its sources. Several callers at once build once.
 * Where there is nothing to build from (a container image) what lies in `dist` is taken as it is.
 * @param {{ apps?: string[], force?: boolean, quiet?: boolean }} [options] quiet: says nothing on standard output
 */
export async function ensureBuilt({ apps = APPS, force = false, quiet = false } = {}) {
  if (!force && !existsSync(NEST) && apps.every((app) => existsSync(entryOf(app)))) return;
  if (!force && (await stale(apps)).length === 0) return;
  await withLock(join(DIST, '.build-lock'), async () => {
    for (const app of force ? apps : await stale(apps)) {
      const fingerprint = await fingerprintOfSources(app);
      await rm(stampOf(app), { force: true });
      if (force || !existsSync(entryOf(app))) await rm(join(DIST, `.${app}.tsbuildinfo`), { force: true });
      (quiet ? console.error : console.log)(`building ${app}`);
      await nestBuild(app);
      await removeOrphans(join(DIST, app));
      await writeFile(stampOf(app), fingerprint);
    }
  });
}

/** Those of `apps` that are missing or were built from other sources. */
async function stale(apps) {
  const fresh = async (app) =>
    existsSync(entryOf(app)) &&
    (await readFile(stampOf(app), 'utf8').catch(() => '')) === (await fingerprintOfSources(app));
  const flags = await Promise.all(apps.map(fresh));
  return apps.filter((_, index) => !flags[index]);
}

/** Of contents, not times: a checkout or a copy changes times only. */
async function fingerprintOfSources(app) {
  const hash = createHash('sha256');
  const files = ['package-lock.json', 'nest-cli.json', 'tsconfig.json'].map((name) => join(ROOT, name));
  for (const folder of [join('src', app), 'libs']) files.push(...(await filesUnder(join(ROOT, folder))));
  for (const file of files.filter((name) => !name.endsWith('.spec.ts')).sort()) {
    hash.update(`${relative(ROOT, file)}\0`).update(await readFile(file));
  }
  return hash.digest('hex');
}

async function filesUnder(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

function nestBuild(app) {
  return new Promise((resolve, reject) => {
    // The compiler's messages go to standard error, so that standard output stays the caller's.
    const child = spawn(process.execPath, [NEST, 'build', app], { cwd: ROOT, stdio: ['ignore', 2, 2] });
    child.once('error', reject);
    child.once('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`building ${app} failed`));
    });
  });
}

/** Removes compiled and copied files whose source is gone. Not the whole folder: a program may be running from it. */
async function removeOrphans(folder) {
  for (const file of await filesUnder(folder)) {
    const copied = join(ROOT, relative(folder, file));
    const compiled = copied.replace(/\.js(?:\.map)?$/, '.ts');
    if (!existsSync(copied) && !existsSync(compiled)) await unlink(file);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    await ensureBuilt({ force: process.argv.includes('--force') });
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}

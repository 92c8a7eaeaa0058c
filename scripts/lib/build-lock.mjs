import { link, mkdir, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 200;

/**
 * Runs `work` while no other process holds the lock. A lock whose holder is gone counts as free.
 * @template T
 * @param {string} path of the lock file
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(path, work) {
  await mkdir(dirname(path), { recursive: true });
  while (!(await tryLock(path))) await sleep(POLL_MS);
  try {
    return await work();
  } finally {
    await unlink(path);
  }
}

async function tryLock(path) {
  try {
    await writeFile(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  if (!(await isAbandoned(path))) return false;
  // Moved aside and looked at again: between the two looks somebody else may have taken the lock anew.
  const aside = `${path}.${process.pid}`;
  try {
    await rename(path, aside);
    if (!(await isAbandoned(aside))) await link(aside, path).catch(() => undefined);
    await unlink(aside);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  return false;
}

async function isAbandoned(path) {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  // Gone, or its writer is between creating and filling it.
  if (text === undefined || text === '') return false;
  try {
    process.kill(Number(text), 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

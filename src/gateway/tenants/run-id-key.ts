import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomHex } from '@tollgate/domain';
import type { Log } from '@tollgate/observability';

const KEY_BYTES = 32;
const FILE = 'run-id.key';

/**
 * The key of {@link RunIdHints}: of this gateway and its workers, and of every other one that was given a copy of the file. It is
 * made where there is none. Where it can't be kept the gateway goes on with one of its own until it ends: run ids from before then
 * tell nothing.
 * @param folder `DATA_DIR/gateway`
 */
export function openRunIdKey(folder: string, log: Log): Buffer {
  const path = join(folder, FILE);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const key = readKey(path) ?? makeKey(folder, path);
    if (key.length === KEY_BYTES) return key;
    log.warn({ path }, `${FILE} does not have ${String(KEY_BYTES)} bytes; clients are told apart without it`);
  } catch (error) {
    log.warn({ path, err: error }, `${FILE} can't be kept; after a restart logins take longer`);
  }
  return randomBytes(KEY_BYTES);
}

function readKey(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Several that start at once end up with one key: whoever is the second takes that of the first. */
function makeKey(folder: string, path: string): Buffer {
  const draft = join(folder, `.${FILE}.${randomHex(8)}`);
  writeFileSync(draft, randomBytes(KEY_BYTES), { mode: 0o600, flag: 'wx' });
  try {
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  return readFileSync(path);
}

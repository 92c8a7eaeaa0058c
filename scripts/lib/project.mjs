import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder, wherever the script was called from. */
export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** The programs that `nest build` makes, each in a folder of its own under `dist`. */
export const APPS = ['api', 'gateway', 'cli'];

/** @param {string} app */
export const entryOf = (app) => join(ROOT, 'dist', app, 'src', app, 'main.js');

/**
 * How Node runs a program that serves; the Dockerfile says the same.
 *
 * The api's heap may grow to 128 MiB before it is collected as a whole. With V8's own first limit, a few tens of MiB of buffers that
 * come and go with an upload can set off one full collection after another, which takes a core half its time. The gateway's
 * buffers are recycled; it goes without source maps, which cost it 16 MB, and with a young generation a quarter of V8's own, which
 * saves 10 to 25 MB, holds it up for less, and has cost no CPU that could be measured (docs/performance.md).
 *
 * @param {string} app
 */
export const nodeFlags = (app) =>
  app === 'gateway' ? ['--max-semi-space-size=4'] : ['--enable-source-maps', '--initial-old-space-size=128'];

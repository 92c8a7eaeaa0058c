import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder, wherever the script was called from. */
export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** The programs that `nest build` makes, each in a folder of its own under `dist`. */
export const APPS = ['api', 'gateway', 'cli'];

/** @param {string} app */
export const entryOf = (app) => join(ROOT, 'dist', app, 'src', app, 'main.js');

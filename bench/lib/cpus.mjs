import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** @param {string} command */
export function has(command) {
  return spawnSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' }).status === 0;
}

/**
 * One core for the server and another for the load, where there are two and `taskset` can bind to them.
 * @returns {{ server: number, load: number } | undefined}
 */
export function chooseCores() {
  if (!has('taskset')) return undefined;
  const list = /^Cpus_allowed_list:\s+(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))[1];
  const cores = list.split(',').flatMap((part) => {
    const [first, last = first] = part.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
  return cores.length < 2 ? undefined : { load: cores[0], server: cores[1] };
}

/**
 * A command bound to one core. `taskset` becomes the command, so the process id is the command's own.
 * @param {number | undefined} core
 * @param {string[]} command
 * @returns {[string, string[]]} program and arguments
 */
export function onCore(core, [program, ...args]) {
  return core === undefined ? [program, args] : ['taskset', ['-c', String(core), program, ...args]];
}

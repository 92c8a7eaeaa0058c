import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';

/** Ticks a second in /proc (getconf CLK_TCK). */
const TICKS = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/**
 * CPU time that a process and its children have used so far, user and system, of all their threads, in seconds.
 * @param {number} pid
 */
export function cpuSeconds(pid) {
  return familyOf(pid).reduce((sum, member) => sum + ownCpuSeconds(member), 0);
}

/** A process and all that come from it. */
function familyOf(pid) {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(familyOf)];
}

function ownCpuSeconds(pid) {
  // The name, in brackets, may hold anything; the fields are counted from behind it (proc(5)).
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/**
 * Resident memory of a process and its children, in bytes; what they share counts for each.
 * @param {number} pid
 */
export function residentBytes(pid) {
  const own = (member) => /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${member}/status`, 'utf8'))[1];
  return familyOf(pid).reduce((sum, member) => sum + Number(own(member)) * 1024, 0);
}

/** @param {number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

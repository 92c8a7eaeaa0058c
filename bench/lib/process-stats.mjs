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

/**
 * The same, with the children that have ended and were waited for.
 * @param {number} pid
 */
export function cpuSecondsOfAll(pid) {
  const fields = statOf(pid);
  return cpuSeconds(pid) + (Number(fields[13]) + Number(fields[14])) / TICKS;
}

/** CPU time that all cores together were busy, whoever had them, since the machine started, in seconds. */
export function machineCpuSeconds() {
  const [user, nice, system, , , irq, softirq] = /^cpu +(.*)$/m
    .exec(readFileSync('/proc/stat', 'utf8'))[1]
    .split(' ')
    .map(Number);
  return (user + nice + system + irq + softirq) / TICKS;
}

/** Processes that a process has started and that run. @param {number} pid */
export function childrenOf(pid) {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number),
  );
}

/** A process and all that come from it. */
function familyOf(pid) {
  return [pid, ...childrenOf(pid).flatMap(familyOf)];
}

function ownCpuSeconds(pid) {
  const fields = statOf(pid);
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

function statOf(pid) {
  // The name, in brackets, may hold anything; the fields are counted from behind it (proc(5)).
  return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
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

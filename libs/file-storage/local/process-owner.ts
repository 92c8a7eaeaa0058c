import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** The process that writes a file, as the file's name tells. */
export interface ProcessOwner {
  /** Where its `pid` means something: 12 hex digits of machine, boot and, in a container, its process namespace. */
  readonly machine: string;
  readonly pid: number;
  /** When it started, in ticks since the boot; tells it from a later process with the same `pid`. 0 where unknown. */
  readonly startTicks: string;
}

export const OWNER_PATTERN = '([0-9a-f]{12})-(\\d{1,10})-(\\d{1,20})';

/** This process. */
export function ownProcess(): ProcessOwner {
  // Two containers may share host name and folder and both be process 1: what differs then is the namespace.
  const parts = [hostname(), readText('/proc/sys/kernel/random/boot_id'), readLink('/proc/self/ns/pid')];
  const machine = createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 12);
  return { machine, pid: process.pid, startTicks: lookUp(process.pid)?.startTicks ?? '0' };
}

export function formatOwner({ machine, pid, startTicks }: ProcessOwner): string {
  return `${machine}-${String(pid)}-${startTicks}`;
}

/** Whether a process is known to have ended. Nothing is known of other machines, so that theirs never are. */
export function hasEnded(owner: ProcessOwner, asker: ProcessOwner): boolean {
  if (owner.machine !== asker.machine) return false;
  if (!exists(owner.pid)) return true;
  const found = lookUp(owner.pid);
  if (found === undefined || owner.startTicks === '0') return false;
  // A zombie waits for its parent only; it writes no more.
  return found.startTicks !== owner.startTicks || found.state === 'Z' || found.state === 'X';
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** What proc(5) says of a process: fields 3 and 22 of its `stat`; the name in field 2 may hold blanks and brackets. */
function lookUp(pid: number): { readonly state: string; readonly startTicks: string } | undefined {
  const stat = readText(`/proc/${String(pid)}/stat`);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields[0];
  const startTicks = fields[19];
  return state === undefined || startTicks === undefined ? undefined : { state, startTicks };
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

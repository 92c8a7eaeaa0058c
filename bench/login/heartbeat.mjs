// Loaded into a process under test with --import: tells its parent the longest time that its event loop stood still.
import { closeSync, openSync, readSync } from 'node:fs';
import { PerformanceObserver } from 'node:perf_hooks';

const BEAT_MS = 1;
const NS_PER_MS = 1e6;

/** What the main thread has run, and waited for a processor, in nanoseconds (proc(5), sched-stats). */
const schedule = openSync('/proc/self/schedstat', 'r');
const text = Buffer.alloc(128);

let last = read();
let gaps = nothing();

setInterval(() => {
  const now = read();
  const gap = now.atMs - last.atMs - BEAT_MS;
  // While others had the processor nothing of ours was in the way.
  const own = gap - (now.waitedMs - last.waitedMs);
  last = now;
  if (gap > gaps.longestMs) gaps.longestMs = gap;
  if (own > gaps.ownMs) gaps.ownMs = own;
}, BEAT_MS).unref();

new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) if (duration > gaps.gcMs) gaps.gcMs = duration;
}).observe({ entryTypes: ['gc'] });

process.once('exit', () => closeSync(schedule));
process.on('message', (message) => {
  if (message?.type !== 'gaps') return;
  process.send({ type: 'gaps', gaps });
  gaps = nothing();
});

function read() {
  const bytes = readSync(schedule, text, 0, text.length, 0);
  const [, waitedNs] = text.latin1Slice(0, bytes).split(' ');
  return { atMs: performance.now(), waitedMs: Number(waitedNs) / NS_PER_MS };
}

function nothing() {
  return { longestMs: 0, ownMs: 0, gcMs: 0 };
}

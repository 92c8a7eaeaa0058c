import { grid } from '../lib/grid.mjs';

const COLUMNS = [
  ['server', ({ title }) => title],
  ['requests/s', ({ perSecond }) => perSecond.toLocaleString('en')],
  ['p50 ms', ({ p50Ms }) => p50Ms.toFixed(2)],
  ['p99 ms', ({ p99Ms }) => p99Ms.toFixed(2)],
  ['CPU µs/request', ({ cpuUsPerRequest }) => cpuUsPerRequest.toFixed(1)],
  ['memory MB', ({ residentMb }) => String(residentMb)],
  ['not 2xx', ({ badStatus, broken }) => String(badStatus + broken)],
  ['server core', ({ serverBusy }) => percent(serverBusy)],
  ['load core', ({ loadBusy }) => percent(loadBusy)],
];
const RATIO_COLUMNS = [
  ['ratio', ({ name }) => name],
  ['value', ({ value }) => value.toFixed(2)],
  ['range', ({ range }) => range],
  ['aim', ({ aim }) => aim ?? ''],
  ['', ({ verdict }) => verdict ?? ''],
];

/** The results as Markdown tables that are also readable as they are. */
export function table({ targets, ratios }) {
  const parts = [grid(COLUMNS, targets)];
  if (ratios.length > 0) parts.push(grid(RATIO_COLUMNS, ratios));
  return parts.join('\n\n');
}

/** The whole result file. */
export function markdown(summary) {
  const { date, node, cpu, cores, rounds, seconds, connections } = summary;
  return `# validate

Written by \`npm run bench validate\`; [docs/performance.md](../../docs/performance.md) explains it.

${date.slice(0, 10)}, Node ${node.slice(1)}, ${cpu}, cores: ${cores}; wrk, ${connections} connections, medians of ${rounds} rounds of ${seconds} s.

${table(summary)}
`;
}

function percent(share) {
  return `${Math.round(share * 100)} %`;
}

import { grid } from '../lib/grid.mjs';

const COLUMNS = [
  ['store', ({ store }) => store],
  ['what', ({ title }) => title],
  ['p50 ms', ({ p50Ms }) => shown(p50Ms)],
  ['p99 ms', ({ p99Ms }) => shown(p99Ms)],
  ['longest block ms', ({ blockMs }) => shown(blockMs)],
  ['of all rounds', ({ worstBlockMs }) => shown(worstBlockMs)],
  ['GC ms', ({ gcMs }) => shown(gcMs)],
  ['idle process', ({ idleBlockMs }) => shown(idleBlockMs)],
  ['with waits', ({ withWaitsMs }) => shown(withWaitsMs)],
  ['idle process', ({ idleWithWaitsMs }) => shown(idleWithWaitsMs)],
];

const shown = (ms) => (ms === undefined ? '' : ms < 100 ? ms.toFixed(1) : Math.round(ms).toLocaleString('en'));

export const table = ({ rows }) => grid(COLUMNS, rows);

/** The whole result file. */
export function markdown(summary) {
  const { date, node, cpu, rounds, tokens } = summary;
  return `# login

Written by \`npm run bench login\`; [docs/performance.md](../../docs/performance.md) explains it.

${date.slice(0, 10)}, Node ${node.slice(1)}, ${cpu}; ${tokens.toLocaleString('en')} tokens, medians of ${rounds} rounds.

${table(summary)}
`;
}

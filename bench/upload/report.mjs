import { grid } from '../lib/grid.mjs';

const COLUMNS = [
  ['measured', ({ name }) => name],
  ['tollgate', ({ ours }) => ours],
  ['bare', ({ theirs }) => theirs],
  ['ratio', ({ ratio }) => ratio],
  ['range', ({ range }) => range],
  ['aim', ({ aim }) => aim],
  ['', ({ verdict }) => verdict],
];

export function table(rows) {
  return grid(COLUMNS, rows);
}

/** The whole result file. */
export function markdown({ date, node, cpu, rounds, mebibytes, rows }) {
  return `# upload

Written by \`npm run bench upload\`; [docs/performance.md](../../docs/performance.md) explains it.

${date.slice(0, 10)}, Node ${node.slice(1)}, ${cpu}; files of ${mebibytes} MiB, medians of ${rounds} rounds.

${table(rows)}
`;
}

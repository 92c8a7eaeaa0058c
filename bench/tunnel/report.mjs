import { grid } from '../lib/grid.mjs';

const NOTHING = 0.005;
const SIGNS = { most: '≤', least: '≥' };

/** The results as Markdown tables that are also readable as they are. */
export function table({ sections, coreCount }) {
  return sections
    .map(({ name, compared, skipped, othersCores, lines }) =>
      skipped === undefined
        ? `${grid(columns(name, compared), lines)}\n\nOther work on the machine used ${othersCores.toFixed(2)} of ${coreCount} cores meanwhile.`
        : `${name}\n\n${skipped}`,
    )
    .join('\n\n');
}

function columns(title, { ours, theirs }) {
  const value = (line, side) => {
    const number = line[side].toLocaleString('en', {
      minimumFractionDigits: line.digits,
      maximumFractionDigits: line.digits,
    });
    return `${number} ${line.unit}`.trimEnd();
  };
  return [
    [title, ({ name }) => name],
    [ours, (line) => value(line, 'ours')],
    [theirs, (line) => value(line, 'theirs')],
    ['ratio', (line) => (Math.abs(line.theirs) < NOTHING ? '' : line.ratio.toFixed(2))],
    ['range', ({ range }) => (range.every(Number.isFinite) ? range.map((each) => each.toFixed(2)).join(' – ') : '')],
    ['aim', ({ aim }) => (aim === undefined ? '' : `${SIGNS[aim.kind]} ${aim.bound.toFixed(2)}`)],
    ['', ({ verdict }) => verdict ?? ''],
  ];
}

/** The whole result file. */
export function markdown(summary) {
  const { date, node, cpu, cores, coreCount, frps, frpc, rounds, seconds, gigabytes } = summary;
  return `# tunnel

Written by \`npm run bench tunnel\`; [docs/performance.md](../../docs/performance.md) explains it.

${date.slice(0, 10)}, Node ${node.slice(1)}, frps ${frps}, frpc ${frpc}, ${cpu}, ${coreCount} cores: ${cores}; medians of ${rounds} rounds, ${seconds} s of requests and ${gigabytes} GB of bulk each.

${table(summary)}
`;
}

import { median } from '../lib/process-stats.mjs';

/**
 * What the rounds of a measurement say: for each line both medians, and the median of the ratios of rounds that lie side by side.
 * @param {{ name: string, compared: object, steps: { name: string, lines: import('./lines.mjs').Line[] }[] }} measurement
 * @param {Map<string, { ours: number[][], theirs: number[][] }>} results by the step's name: values of each round
 * @param {number} nodeMajor
 */
export function summarise(measurement, results, nodeMajor) {
  return measurement.steps.flatMap((step) => {
    const { ours, theirs } = results.get(step.name) ?? { ours: [], theirs: [] };
    if (ours.length === 0) return [];
    return step.lines.map((line, column) => {
      const own = ours.map((values) => values[column]);
      const others = theirs.map((values) => values[column]);
      const ratios = own.map((value, round) => value / others[round]);
      const ratio = median(ratios);
      const aim = line.aim?.(nodeMajor);
      return {
        name: `${step.name}: ${line.name}`,
        unit: line.unit,
        digits: line.digits ?? 2,
        ours: median(own),
        theirs: median(others),
        ratio,
        range: [Math.min(...ratios), Math.max(...ratios)],
        ...(aim === undefined ? {} : { aim, verdict: isMet(aim, ratio) ? 'met' : 'missed' }),
        rounds: { ours: own, theirs: others },
      };
    });
  });
}

/** As precise as it is shown. */
function isMet({ kind, bound }, ratio) {
  const shown = Number(ratio.toFixed(2));
  return kind === 'most' ? shown <= bound : shown >= bound;
}

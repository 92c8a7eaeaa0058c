import { parseArgs } from 'node:util';
import { TARGETS } from './targets.mjs';

const QUICK = { rounds: 1, duration: 2, warmup: 1 };
const FULL = { rounds: 3, duration: 10, warmup: 4 };

export const USAGE = `npm run bench validate -- [options]
  --rounds <n>      rounds of every target, medians are taken (${FULL.rounds})
  --duration <s>    seconds of one round (${FULL.duration})
  --warmup <s>      seconds of load before the first round (${FULL.warmup})
  --connections <n> (64)
  --only <names>    of ${TARGETS.map(({ name }) => name).join(', ')}; comma-separated
  --node <path>     the Node that runs the servers (this one)
  --quick           ${QUICK.rounds} round of ${QUICK.duration} s, and nothing is written to bench/results`;

/**
 * @param {string[]} args
 * @throws Error with a text for people
 */
export function parseOptions(args) {
  const text = { type: 'string' };
  const { values } = parseArgs({
    args,
    options: {
      rounds: text,
      duration: text,
      warmup: text,
      connections: text,
      only: text,
      node: text,
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const defaults = values.quick ? QUICK : FULL;
  const names = values.only?.split(',');
  const unknown = names?.find((name) => !TARGETS.some((target) => target.name === name));
  if (unknown !== undefined) throw new Error(`--only does not know ${JSON.stringify(unknown)}`);
  return {
    help: values.help,
    rounds: count('rounds', values.rounds, defaults.rounds),
    seconds: count('duration', values.duration, defaults.duration),
    warmupSeconds: count('warmup', values.warmup, defaults.warmup),
    connections: count('connections', values.connections, 64),
    targets: TARGETS.filter(({ name }) => names === undefined || names.includes(name)),
    node: values.node ?? process.execPath,
    // A part or a try must not take the place of the whole.
    keep: !values.quick && names === undefined,
  };
}

function count(name, value, fallback) {
  const number = Number(value ?? fallback);
  if (!Number.isInteger(number) || number < 1) throw new Error(`--${name} must be a whole number of 1 or more`);
  return number;
}

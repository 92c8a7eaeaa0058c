import { parseArgs } from 'node:util';

const MIB = 1_048_576;

export const USAGE = `npm run bench upload -- [options]
  --rounds <n>     rounds of each, medians are taken (5)
  --size <MiB>     of one file (1024)
  --only <names>   of one, eight, memory, tokens; comma-separated
  --quick          1 round of 128 MiB, and nothing is written to bench/results`;

const PARTS = ['one', 'eight', 'memory', 'tokens'];

/**
 * @param {string[]} args
 * @throws Error with a text for people
 */
export function parseOptions(args) {
  const text = { type: 'string' };
  const flag = { type: 'boolean', default: false };
  const { values } = parseArgs({ args, options: { rounds: text, size: text, only: text, quick: flag, help: flag } });
  const names = values.only?.split(',') ?? PARTS;
  const unknown = names.find((name) => !PARTS.includes(name));
  if (unknown !== undefined) throw new Error(`--only does not know ${JSON.stringify(unknown)}`);
  return {
    help: values.help,
    rounds: count('rounds', values.rounds, values.quick ? 1 : 5),
    bytes: count('size', values.size, values.quick ? 128 : 1_024) * MIB,
    parts: new Set(names),
    // A part or a try must not take the place of the whole.
    keep: !values.quick && values.only === undefined && values.size === undefined,
  };
}

function count(name, value, fallback) {
  const number = Number(value ?? fallback);
  if (!Number.isInteger(number) || number < 1) throw new Error(`--${name} must be a whole number of 1 or more`);
  return number;
}

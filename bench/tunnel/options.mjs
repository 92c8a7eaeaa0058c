import { parseArgs } from 'node:util';

const FULL = { rounds: 5, seconds: 5, gigabytes: 1 };
const QUICK = { rounds: 1, seconds: 2, gigabytes: 0.3 };

export const USAGE = `FRPS_BIN=<frps> FRPC_BIN=<frpc> npm run bench tunnel -- [options]
  --rounds <n>      rounds of each server, medians of their ratios are taken (${FULL.rounds})
  --rows <regex>    only measurements whose name matches; --list shows the names
  --seconds <s>     of each round of requests (${FULL.seconds})
  --gigabytes <n>   of each bulk transfer, all its streams together (${FULL.gigabytes})
  --node <path>     the Node that runs the gateway (this one)
  --pin             the servers on one core and the load on another
  --out <folder>    where tunnel.md and tunnel.json go (bench/results; with --rows or --quick nowhere)
  --quick           ${QUICK.rounds} round of ${QUICK.gigabytes} GB and ${QUICK.seconds} s
  --list            names of the measurements`;

/**
 * @param {string[]} args
 * @throws Error with a text for people
 */
export function parseOptions(args) {
  const text = { type: 'string' };
  const flag = { type: 'boolean', default: false };
  const { values } = parseArgs({
    args,
    options: {
      rounds: text,
      rows: text,
      seconds: text,
      gigabytes: text,
      node: text,
      pin: flag,
      out: text,
      quick: flag,
      list: flag,
      help: flag,
    },
  });
  const defaults = values.quick ? QUICK : FULL;
  // A part or a try must not take the place of the whole.
  const isWhole = !values.quick && values.rows === undefined;
  return {
    help: values.help,
    list: values.list,
    rounds: number('rounds', values.rounds, defaults.rounds, Number.isInteger),
    rows: new RegExp(values.rows ?? ''),
    seconds: number('seconds', values.seconds, defaults.seconds, Number.isInteger),
    bytes: Math.round(number('gigabytes', values.gigabytes, defaults.gigabytes, Number.isFinite) * 1e9),
    node: values.node ?? process.execPath,
    pin: values.pin,
    out: values.out ?? (isWhole ? new URL('../results', import.meta.url).pathname : undefined),
  };
}

function number(name, value, fallback, isFit) {
  const result = Number(value ?? fallback);
  if (!isFit(result) || result <= 0)
    throw new Error(`--${name} must be a number above 0, whole for rounds and seconds`);
  return result;
}

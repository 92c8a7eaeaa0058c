import { parseArgs } from 'node:util';
import { STORES } from './stores.mjs';

const FULL = { rounds: 5, tokens: 100_000 };
const QUICK = { rounds: 1, tokens: 20_000 };

export const USAGE = `npm run bench login -- [options]
  --rounds <n>    of everything but the start, medians are taken (${FULL.rounds})
  --tokens <n>    (${FULL.tokens})
  --only <names>  of ${Object.keys(STORES).join(', ')}; comma-separated
  --node <path>   the Node that runs the gateway (this one)
  --quick         ${QUICK.rounds} round with ${QUICK.tokens} tokens, and nothing is written to bench/results
FRPC_BIN=<path>   has a real frpc log in as well, to see that it does`;

/**
 * @param {string[]} args
 * @throws Error with a text for people
 */
export function parseOptions(args) {
  const text = { type: 'string' };
  const flag = { type: 'boolean', default: false };
  const { values } = parseArgs({
    args,
    options: { rounds: text, tokens: text, only: text, node: text, quick: flag, help: flag },
  });
  const defaults = values.quick ? QUICK : FULL;
  const names = values.only?.split(',') ?? Object.keys(STORES);
  const unknown = names.find((name) => !Object.hasOwn(STORES, name));
  if (unknown !== undefined) throw new Error(`--only does not know ${JSON.stringify(unknown)}`);
  return {
    help: values.help,
    rounds: count('rounds', values.rounds, defaults.rounds, 1),
    tokens: count('tokens', values.tokens, defaults.tokens, 10_000),
    stores: names,
    node: values.node ?? process.execPath,
    // A part or a try must not take the place of the whole.
    keep: !values.quick && values.only === undefined && values.tokens === undefined,
  };
}

function count(name, value, fallback, least) {
  const number = Number(value ?? fallback);
  if (!Number.isInteger(number) || number < least)
    throw new Error(`--${name} must be a whole number of ${least} or more`);
  return number;
}

import { median } from '../lib/process-stats.mjs';

/**
 * @typedef {object} TargetSummary medians over the rounds
 * @property {string} name
 * @property {string} title
 * @property {number} perSecond
 * @property {number} p50Ms
 * @property {number} p99Ms
 * @property {number} cpuUsPerRequest
 * @property {number} residentMb after the last round
 * @property {number} badStatus over all rounds
 * @property {number} broken over all rounds
 * @property {number} serverBusy
 * @property {number} loadBusy
 * @property {number} answerBytes
 * @property {{ perSecond: number, p50Ms: number, p99Ms: number, cpuUsPerRequest: number }[]} rounds
 */

const speed = (ours, theirs, least) => ({
  name: `${ours} / ${theirs}, requests/s`,
  of: [ours, theirs, 'perSecond'],
  ...(least === undefined ? {} : { aim: `≥ ${least.toFixed(2)}`, holds: (x) => x >= least }),
});

/** What is aimed at, from the issues that asked for the measurement. */
const AIMS = [
  speed('hot', 'fastify', 0.8),
  speed('memory', 'fastify', 0.75),
  speed('redis', 'fastify', 0.45),
  speed('leased', 'fastify', 0.7),
  speed('all', 'fastify'),
  speed('two', 'one', 1.7),
  { name: 'of-1m / of-1k, p50', of: ['of-1m', 'of-1k', 'p50Ms'], aim: '< 1.15', holds: (x) => x < 1.15 },
  { name: 'of-1m / of-1k, p99', of: ['of-1m', 'of-1k', 'p99Ms'], aim: '< 1.15', holds: (x) => x < 1.15 },
  { name: 'hot / fastify, p99', of: ['hot', 'fastify', 'p99Ms'], aim: '< 3', holds: (x) => x < 3 },
  ...['hot', 'memory', 'redis', 'leased'].map((name) => ({
    name: `${name} / fastify, CPU per request`,
    of: [name, 'fastify', 'cpuUsPerRequest'],
  })),
  speed('hot', 'oidc', 4),
  speed('hot', 'better-auth-sqlite'),
  speed('hot', 'better-auth-memory'),
];

/** A server that got less of its core than this was held up by other work: its requests/s and p99 are not its own. */
const UNDISTURBED_BUSY = 0.9;

/** Medians of each target's rounds, and the ratios between targets. */
export function summarise(started, circumstances) {
  const targets = started.map(({ target, rounds, answerBytes }) => {
    const mid = (field) => median(rounds.map((round) => round[field]));
    const sum = (field) => rounds.reduce((total, round) => total + round[field], 0);
    return {
      name: target.name,
      title: target.title,
      perSecond: rounded(mid('perSecond'), 0),
      p50Ms: rounded(mid('p50Ms'), 3),
      p99Ms: rounded(mid('p99Ms'), 3),
      cpuUsPerRequest: rounded(mid('cpuUsPerRequest'), 1),
      residentMb: rounded(rounds.at(-1).residentBytes / 1e6, 0),
      badStatus: sum('badStatus'),
      broken: sum('broken'),
      serverBusy: rounded(mid('serverBusy'), 2),
      loadBusy: rounded(mid('loadBusy'), 2),
      answerBytes,
      rounds: rounds.map((round) => ({
        perSecond: rounded(round.perSecond, 0),
        p50Ms: rounded(round.p50Ms, 3),
        p99Ms: rounded(round.p99Ms, 3),
        cpuUsPerRequest: rounded(round.cpuUsPerRequest, 1),
      })),
    };
  });
  return { ...circumstances, targets, ratios: ratiosOf(targets) };
}

/**
 * The ratios between targets: of the rounds that lie side by side, and of these the median, since what else a machine
 * does changes from one minute to the next. A verdict on servers that were disturbed says so.
 * @param {TargetSummary[]} targets
 */
export function ratiosOf(targets) {
  const byName = Object.fromEntries(targets.map((target) => [target.name, target]));
  return AIMS.flatMap(({ name, of: [ours, theirs, field], aim, holds }) => {
    const pair = [byName[ours], byName[theirs]];
    if (pair.includes(undefined)) return [];
    const ratios = pair[0].rounds.map((round, index) => round[field] / pair[1].rounds[index][field]);
    const value = rounded(median(ratios), 2);
    const range = `${Math.min(...ratios).toFixed(2)} – ${Math.max(...ratios).toFixed(2)}`;
    if (aim === undefined) return [{ name, value, range }];
    const disturbed = pair.some(({ serverBusy, loadBusy }) => Math.max(serverBusy, loadBusy) < UNDISTURBED_BUSY);
    const verdict = holds(value) ? 'met' : 'missed';
    return [{ name, value, range, aim, verdict: disturbed ? `${verdict}, disturbed` : verdict }];
  });
}

function rounded(value, digits) {
  return Number(value.toFixed(digits));
}

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
 * @property {number[]} perSecondOfRounds
 */

/** What is aimed at, from the issue that asked for the measurement. */
const AIMS = [
  { name: 'hot / fastify, requests/s', of: ['hot', 'fastify', 'perSecond'], aim: '≥ 0.60', holds: (x) => x >= 0.6 },
  { name: 'all / fastify, requests/s', of: ['all', 'fastify', 'perSecond'] },
  { name: 'hot / fastify, p99', of: ['hot', 'fastify', 'p99Ms'], aim: '< 3', holds: (x) => x < 3 },
  { name: 'all / fastify, p99', of: ['all', 'fastify', 'p99Ms'] },
  { name: 'hot / fastify, CPU per request', of: ['hot', 'fastify', 'cpuUsPerRequest'] },
  { name: 'hot / oidc-provider, requests/s', of: ['hot', 'oidc', 'perSecond'], aim: '≥ 4', holds: (x) => x >= 4 },
  { name: 'hot / better-auth on SQLite, requests/s', of: ['hot', 'better-auth-sqlite', 'perSecond'] },
  { name: 'hot / better-auth in memory, requests/s', of: ['hot', 'better-auth-memory', 'perSecond'] },
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
      perSecondOfRounds: rounds.map(({ perSecond }) => rounded(perSecond, 0)),
    };
  });
  return { ...circumstances, targets, ratios: ratiosOf(targets) };
}

/**
 * The ratios between targets. Nothing is judged by a server that was disturbed.
 * @param {TargetSummary[]} targets
 */
export function ratiosOf(targets) {
  const byName = Object.fromEntries(targets.map((target) => [target.name, target]));
  return AIMS.flatMap(({ name, of: [ours, theirs, field], aim, holds }) => {
    const pair = [byName[ours], byName[theirs]];
    if (pair.includes(undefined)) return [];
    const value = rounded(pair[0][field] / pair[1][field], 2);
    if (aim === undefined) return [{ name, value }];
    const disturbed = pair.some(({ serverBusy, loadBusy }) => Math.max(serverBusy, loadBusy) < UNDISTURBED_BUSY);
    return [{ name, value, aim, verdict: disturbed ? 'disturbed, not judged' : holds(value) ? 'met' : 'missed' }];
  });
}

function rounded(value, digits) {
  return Number(value.toFixed(digits));
}

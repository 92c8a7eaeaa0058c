import { type Decision, WINDOWS } from '@tollgate/limiter';
import type { FastifyReply } from 'fastify';
import type { LimitedSubject } from './limited-subject';

const SECOND_MS = 1_000;

/**
 * The headers that tell of limits, as lines of a header block: the contract's `X-RateLimit-*` for each layer, and
 * `RateLimit-Policy` with `RateLimit` (draft-ietf-httpapi-ratelimit-headers, sections 3 and 4). Empty where nothing was
 * counted.
 * @param decision on exactly these subjects
 */
export function limitHeaderLines(subjects: readonly LimitedSubject[], decision: Decision, nowMs: number): string {
  const { states, degraded } = decision;
  let lines = '';
  let policies = '';
  let quotas = '';
  for (let index = 0; index < subjects.length; index += 1) {
    const subject = subjects[index];
    const state = states[index];
    if (subject === undefined || state === undefined) continue;
    const { headerName, layer, policy } = subject;
    const { limit, remaining, roomAtMs, window } = state;
    const seconds = Math.max(0, Math.ceil((roomAtMs - nowMs) / SECOND_MS));
    lines +=
      `X-RateLimit-Limit-${headerName}: ${String(limit)}\r\n` +
      `X-RateLimit-Remaining-${headerName}: ${String(remaining)}\r\n` +
      `X-RateLimit-Reset-${headerName}: ${String(Math.ceil(roomAtMs / SECOND_MS))}\r\n`;
    const separator = policies === '' ? '' : ', ';
    policies += separator + policy;
    quotas += `${separator}"${layer}-${WINDOWS[window].name}";r=${String(remaining)};t=${String(seconds)}`;
  }
  if (policies !== '') lines += `RateLimit-Policy: ${policies}\r\nRateLimit: ${quotas}\r\n`;
  return degraded === undefined ? lines : `${lines}X-RateLimit-Degraded: ${degraded}\r\n`;
}

/** @param lines as {@link limitHeaderLines} makes them */
export function setHeaderLines(reply: FastifyReply, lines: string): void {
  for (const line of lines.split('\r\n')) {
    const colon = line.indexOf(': ');
    if (colon > 0) void reply.header(line.slice(0, colon), line.slice(colon + 2));
  }
}

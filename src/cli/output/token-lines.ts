import type { RateLimit } from '@tollgate/client';
import type { Line } from './printer';
import { rateLimitText } from './rate-limit-text';

/** What a fresh and a stored token have in common, for people. */
export function tokenLines(token: {
  readonly description: string;
  readonly scope: readonly string[];
  readonly rate_limit?: RateLimit;
  readonly created_at: string;
  readonly expires_at?: string;
}): readonly Line[] {
  return [
    ['description', token.description],
    ['scope', token.scope],
    ['rate limit', rateLimitText(token.rate_limit)],
    ['created', token.created_at],
    ['expires', token.expires_at ?? 'never'],
  ];
}

import { readFileSync, statSync } from 'node:fs';
import { VHOST_LIMITS } from '../limits';
import type { OwnAnswer } from './exchange-user';

const BUILT_IN = `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>404 Not Found</title></head>
<body><h1>404 Not Found</h1><p>Nothing answers at this address.</p></body>
</html>
`;

/**
 * What users get where nobody serves them, or where the service can't be reached.
 * @param path a page of the operator's own; unset for the built-in one
 * @throws Error when it can't be read or is longer than it may be
 */
export function readNotFoundPage(path?: string): Buffer {
  if (path === undefined || path === '') return Buffer.from(BUILT_IN);
  if (statSync(path).size > VHOST_LIMITS.maxNotFoundPageBytes) throw new Error('the not-found page is too long');
  return readFileSync(path);
}

export function notFoundAnswer(page: Buffer): OwnAnswer {
  return { status: 404, fields: [['Content-Type', 'text/html; charset=utf-8']], body: page };
}

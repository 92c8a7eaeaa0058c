import { writeFileSync } from 'node:fs';

/** Where this server writes the requests that it is to be asked: one a line, see ../../lib/rotate.lua. */
const [requestsFile] = process.argv.slice(2);

/** How many tokens a peer holds. */
export const PEER_TOKENS = 1_000;

/** @param {{ authorization: string, body: string }[]} requests */
export function writeRequests(requests) {
  writeFileSync(requestsFile, requests.map(({ authorization, body }) => `${authorization}\t${body}\n`).join(''));
}

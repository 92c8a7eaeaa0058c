import { Refusal, refusalOf } from './refusal.js';
import { learnServerTime } from './server-time.js';

/** @typedef {'open' | 'uploading' | 'used' | 'refused' | 'spent' | 'expired' | 'revoked'} TokenState */
/** @typedef {{ tokenId: string, token: string, expiryTime: number }} IssuedToken times in ms since 1970 */
/**
 * @typedef {{
 *   tokenId: string, preview: string, state: TokenState, createdAt: number | string, expiryTime: number | string,
 *   ownerLabel?: string, fileId?: string,
 * }} TokenView
 */
/** @typedef {{ maxSize?: number, allowedTypes?: string[], ownerLabel?: string, expiresIn?: number }} TokenOptions */

const TIMEOUT_MS = 20_000;

/**
 * The address of a route. Relative to the page, which may lie behind a proxy under a path of its own.
 * @param {string} path
 */
export const apiUrl = (path) => new URL(`api/video/${path}`, document.baseURI).href;

/**
 * @param {string} authKey the administrator's key
 * @param {TokenOptions} options
 * @returns {Promise<IssuedToken>}
 * @throws {Refusal}
 */
export async function issueToken(authKey, options) {
  const body = JSON.stringify({ authKey, ...options });
  const headers = { 'content-type': 'application/json' };
  return /** @type {IssuedToken} */ (await call('auth/upload-token', { method: 'POST', headers, body }));
}

/**
 * @param {string} authKey
 * @param {number} limit
 * @returns {Promise<{ tokens: TokenView[], total: number }>} newest first
 * @throws {Refusal}
 */
export async function listTokens(authKey, limit) {
  const path = `auth/upload-tokens?limit=${String(limit)}`;
  const answer = await call(path, { headers: authorization(authKey) });
  return /** @type {{ tokens: TokenView[], total: number }} */ (answer);
}

/**
 * @param {string} authKey
 * @param {string} tokenId
 * @throws {Refusal}
 */
export async function revokeToken(authKey, tokenId) {
  const path = `auth/upload-tokens/${encodeURIComponent(tokenId)}`;
  await call(path, { method: 'DELETE', headers: authorization(authKey) });
}

/**
 * @param {string} path
 * @param {RequestInit} request
 * @returns {Promise<unknown>}
 */
async function call(path, request) {
  /** @type {Response} */
  let response;
  /** @type {unknown} */
  let body;
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    response = await fetch(apiUrl(path), { ...request, signal, cache: 'no-store', redirect: 'error' });
    body = parseJson(await response.text());
  } catch {
    throw new Refusal('NETWORK');
  }
  learnServerTime(response.headers.get('date'));
  if (response.ok) return body;
  throw refusalOf(response.status, body, response.headers.get('retry-after'));
}

/**
 * @param {string} text
 * @returns {unknown} undefined when it is no JSON
 */
export function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @param {string} authKey */
function authorization(authKey) {
  // A header can't carry anything else, and the browser would throw.
  if (!/^[\x21-\x7e]+$/.test(authKey)) throw new Refusal('INVALID_AUTH_KEY');
  return { authorization: `Bearer ${authKey}` };
}

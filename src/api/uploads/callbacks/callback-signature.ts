import { createHmac } from 'node:crypto';

const SECRET_PREFIX = 'whsec_';
const SECOND_MS = 1_000;

/**
 * The headers that prove where a callback comes from (Standard Webhooks 1.0, "Signature scheme").
 * @param id of the callback, the same in each attempt, so that a receiver can tell repeats
 * @param payload the body, byte for byte
 * @param secret `whsec_` and the key in base64
 * @param nowMs of this attempt, since the Unix epoch
 */
export function signatureHeaders(
  id: string,
  payload: string,
  secret: string,
  nowMs: number,
): Readonly<Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string>> {
  const key = Buffer.from(secret.startsWith(SECRET_PREFIX) ? secret.slice(SECRET_PREFIX.length) : secret, 'base64');
  const timestamp = String(Math.floor(nowMs / SECOND_MS));
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${payload}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}

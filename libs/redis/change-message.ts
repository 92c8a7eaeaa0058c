import type { Change } from '@tollgate/domain';
import { REDIS_LIMITS } from './limits';

/** What one process tells the others on the channel. */
export interface ChangeMessage {
  /** Says which feed sent it, so that a feed knows its own echo. */
  readonly from: string;
  readonly changes: readonly Change[];
}

const TOKEN_HASH = /^[0-9a-f]{64}$/;
const NAME = /^[\x21-\x7e]{1,256}$/;

/** JSON of {@link ChangeMessage}, as it goes over the wire. */
export function encodeChangeMessage(message: ChangeMessage): string {
  return JSON.stringify(message);
}

/** @returns `undefined` when it is none, or is longer than a message may be */
export function decodeChangeMessage(text: string): ChangeMessage | undefined {
  if (text.length > REDIS_LIMITS.changeMessageLength) return undefined;
  const message = parsed(text);
  if (!isRecord(message) || typeof message['from'] !== 'string' || !NAME.test(message['from'])) return undefined;
  if (!Array.isArray(message['changes'])) return undefined;
  const changes: Change[] = [];
  for (const entry of message['changes'] as unknown[]) {
    const change = decodeChange(entry);
    if (change === undefined) return undefined;
    changes.push(change);
  }
  return { from: message['from'], changes };
}

function decodeChange(value: unknown): Change | undefined {
  if (!isRecord(value)) return undefined;
  const { kind, tokenHash, accountId } = value;
  if (kind === 'token' && typeof tokenHash === 'string' && TOKEN_HASH.test(tokenHash)) return { kind, tokenHash };
  if (kind === 'account' && typeof accountId === 'string' && NAME.test(accountId)) return { kind, accountId };
  return kind === 'all' ? { kind } : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

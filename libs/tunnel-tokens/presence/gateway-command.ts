import type { GatewayCommand, KickTarget } from '@tollgate/domain';
import { PRESENCE_LIMITS } from './limits';

export function formatGatewayCommand(command: GatewayCommand): string {
  return JSON.stringify(command);
}

/** @returns `undefined` for a text that is no command, or one of a later version */
export function parseGatewayCommand(text: string): GatewayCommand | undefined {
  if (text.length > PRESENCE_LIMITS.commandChars) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { kind, target, blockSeconds } = (value ?? {}) as Record<string, unknown>;
  if (kind !== 'kick' || typeof target !== 'object' || target === null) return undefined;
  if (typeof blockSeconds !== 'number' || !Number.isSafeInteger(blockSeconds) || blockSeconds < 0) return undefined;
  const kick = readTarget(target as Record<string, unknown>);
  return kick === undefined ? undefined : { kind, target: kick, blockSeconds };
}

/** One that names nothing would be everybody. */
function readTarget({ tokenId, runId, proxy }: Record<string, unknown>): KickTarget | undefined {
  const given = Object.entries({ tokenId, runId, proxy }).filter(([, value]) => value !== undefined);
  if (given.length === 0 || given.some(([, value]) => typeof value !== 'string' || value === '')) return undefined;
  return Object.fromEntries(given);
}

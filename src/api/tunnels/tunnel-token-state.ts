import { type TunnelToken, maskTunnelToken } from '@tollgate/tunnel-tokens';

/** Words for how a token stands. */
export const TUNNEL_TOKEN_STATES = ['active', 'disabled', 'suspended', 'retiring', 'expired'] as const;

export type TunnelTokenState = (typeof TUNNEL_TOKEN_STATES)[number];

const OWN_VALUE = /^tgt_[0-9A-Za-z]{40}$/;
const SHOWN_AT_START = 8;
const SHOWN_AT_END = 4;

/** Whether it may log in, and if not, why; the lasting reason first. A retiring one may, until another takes its place. */
export function tunnelTokenState(token: TunnelToken, now: Date): TunnelTokenState {
  if (token.expiresAt !== undefined && token.expiresAt <= now) return 'expired';
  if (token.suspended) return 'suspended';
  if (!token.enabled) return 'disabled';
  return token.supersededBy === undefined ? 'active' : 'retiring';
}

/** Of one that we made, enough to tell it from others, and far too little to guess it; of others less. */
export function previewTunnelToken(value: string): string {
  if (!OWN_VALUE.test(value)) return maskTunnelToken(value);
  return `${value.slice(0, SHOWN_AT_START)}…${value.slice(-SHOWN_AT_END)}`;
}

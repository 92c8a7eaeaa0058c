/** Limits of tunnel tokens: default, unit, and what happens on breach. */
export const TUNNEL_TOKEN_LIMITS = {
  /** Characters of a token value; a longer one is an invalid value. */
  tokenChars: 1_024,

  /** Bytes of a token's JSON; a longer one is an invalid value. */
  documentBytes: 65_536,

  /** Entries of `allowPorts`; more are an invalid value. */
  portRanges: 1_024,

  /** Entries of `allowIPs`; more are an invalid value. */
  addressRanges: 1_024,

  /** Entries of `subdomains` and of `customDomains`; more are an invalid value. */
  names: 1_024,

  /** Tries of a change that others keep getting ahead of; then it is refused with `conflict`. */
  changeTries: 10,

  /** Milliseconds that a change, once made, waits until this process itself has seen it; then it is answered anyway. */
  seenMs: 2_000,
} as const;

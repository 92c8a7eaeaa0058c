/** Limits of presence and commands: default, unit, and what happens on breach. */
export const PRESENCE_LIMITS = {
  /** Milliseconds between two looks of a gateway at what it has; what has changed is shown. */
  showIntervalMs: 2_000,

  /** Milliseconds after which what has not changed is shown again, so that it does not go. */
  showAgainMs: 3_500,

  /** Characters that one text on the board is to have, about; clients beyond that go into further texts. */
  textChars: 65_536,

  /** Texts that one gateway shows; then they grow. */
  texts: 1_024,

  /** Characters of a command; a longer one is ignored. */
  commandChars: 4_096,
} as const;

/** Milliseconds after which what a gateway shows goes by itself unless it is shown again. */
export const GATEWAY_SHOW_LEASE_MS = 7_000;

/** Milliseconds for which a command is kept for gateways that have lost their connection. */
export const GATEWAY_COMMAND_KEPT_MS = 60_000;

/**
 * Where gateways show what they have and hear what they are to do, and everybody else sees and says it. What is on it are
 * texts of a few hundred kilobytes at most.
 *
 * All reject with `TollgateError` `unavailable` while it is away.
 */
export abstract class GatewayBoard {
  /** Shows a text under a name, in place of what was there, for {@link GATEWAY_SHOW_LEASE_MS}. */
  abstract show(name: string, text: string): Promise<void>;

  /** Takes it away. */
  abstract hide(name: string): Promise<void>;

  /** Every text that is shown, by whomever. */
  abstract listShown(): Promise<readonly string[]>;

  /** Says a command to everybody who listens. */
  abstract tell(command: string): Promise<void>;

  /**
   * Hears every command once that is told from the answer on, also what is told while the board is away for less than
   * {@link GATEWAY_COMMAND_KEPT_MS}.
   * @param hear must not throw
   * @returns a function that ends it
   */
  abstract listen(hear: (command: string) => void): Promise<() => Promise<void>>;

  /** Ends what it holds open. */
  abstract close(): Promise<void>;
}

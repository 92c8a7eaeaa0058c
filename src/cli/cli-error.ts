/**
 * What a command ends with. `refused` is an answer (the token is no good, the api said no), `fault` is none (bad usage,
 * no connection, a failing api), so that a script never takes a fault for a refusal.
 */
export const EXIT = { ok: 0, refused: 1, fault: 2 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends the command with one line on stderr. */
export class CliError extends Error {
  override readonly name = 'CliError';

  /** @param message one line that names the flag or variable at fault, never a secret; empty: nothing more to say */
  constructor(
    message: string,
    readonly exitCode: ExitCode = EXIT.fault,
  ) {
    super(message);
  }
}

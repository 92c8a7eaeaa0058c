import type { Readable, Writable } from 'node:stream';
import type { ClientClock, Fetch } from '@tollgate/client';

/** Standard input, and whether a person types there. */
export type InputStream = Readable & { readonly isTTY?: boolean };

/** Everything of the outside world that a command may use. Made in main.ts, and otherwise by tests. */
export interface CliContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: InputStream;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly homeDir: string;
  /** Default: the global `fetch`. */
  readonly fetch?: Fetch;
  /** Default: the machine's clock. */
  readonly clock?: ClientClock;
}

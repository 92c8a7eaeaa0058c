import type { Command } from 'commander';

/** Options that every command takes, before or after its name. */
export interface GlobalOptions {
  readonly url?: string;
  readonly profile?: string;
  readonly accessKey?: string;
  readonly secretKeyFile?: string;
  readonly json?: boolean;
}

export function withGlobalOptions(program: Command): Command {
  return program
    .option('--url <url>', 'the api (TOLLGATE_URL; default http://127.0.0.1:8081)')
    .option('--profile <name>', 'saved account to use or to save to (default "default")')
    .option('--access-key <key>', 'AccessKey (TOLLGATE_ACCESS_KEY)')
    .option('--secret-key-file <file>', 'file that holds the SecretKey, - for standard input (TOLLGATE_SECRET_KEY)')
    .option('--json', 'print the answer as JSON');
}

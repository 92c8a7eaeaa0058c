import type { Command } from 'commander';
import { OperatorClient, TokenValidator, TollgateClient } from '@tollgate/client';
import type { CliContext } from './cli-context';
import { Printer } from './output/printer';
import { Connection } from './settings/connection';
import type { GlobalOptions } from './settings/global-options';
import { readOperatorKey } from './settings/operator-key';

/** One command as it runs: its options, its printer, and the clients it may need. */
export class Session<Options extends object = object> {
  readonly options: Options & GlobalOptions;
  readonly connection: Connection;
  readonly print: Printer;

  constructor(
    readonly context: CliContext,
    command: Command,
  ) {
    this.options = command.optsWithGlobals<Options & GlobalOptions>();
    this.connection = new Connection(context, this.options);
    this.print = new Printer(context, this.options.json === true);
  }

  /** For routes that need no keys. */
  openClient(): TollgateClient {
    return new TollgateClient(this.#connectionOptions());
  }

  /** For signed routes. */
  async tenantClient(): Promise<TollgateClient> {
    const { accessKey, secretKey, fromProfile } = await this.connection.keys();
    const { credentialsFile } = this.connection;
    if (fromProfile && credentialsFile.isExposed()) {
      this.print.warn(`warning: others can read ${credentialsFile.path}; run: chmod 600 ${credentialsFile.path}`);
    }
    return new TollgateClient({ ...this.#connectionOptions(), accessKey, secretKey });
  }

  validator(): TokenValidator {
    return new TokenValidator(this.#connectionOptions());
  }

  operatorClient(operatorKeyFile: string | undefined): OperatorClient {
    const operatorKey = readOperatorKey(this.context, operatorKeyFile);
    return new OperatorClient({ ...this.#connectionOptions(), operatorKey });
  }

  #connectionOptions(): { baseUrl: string } & Pick<CliContext, 'fetch' | 'clock'> {
    const { fetch, clock } = this.context;
    return { baseUrl: this.connection.url(), ...(fetch ? { fetch } : {}), ...(clock ? { clock } : {}) };
  }
}

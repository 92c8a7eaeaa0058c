import type { BeforeApplicationShutdown } from '@nestjs/common';
import { type GatewayBoard, type GatewayCommands, type GatewayPresence, TollgateError } from '@tollgate/domain';
import { BoardGatewayCommands, BoardGatewayPresence } from '@tollgate/tunnel-tokens';

/** The ways between this process and the gateways, where there is one. */
export class GatewayLinks implements BeforeApplicationShutdown {
  private readonly ways: { readonly presence: GatewayPresence; readonly commands: GatewayCommands } | undefined;

  /** @param board `undefined` where the gateways share none with the api */
  constructor(private readonly board: GatewayBoard | undefined) {
    this.ways =
      board === undefined
        ? undefined
        : { presence: new BoardGatewayPresence(board), commands: new BoardGatewayCommands(board) };
  }

  /** @throws TollgateError `not_supported` */
  get presence(): GatewayPresence {
    return this.require().presence;
  }

  /** @throws TollgateError `not_supported` */
  get commands(): GatewayCommands {
    return this.require().commands;
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.board?.close();
  }

  private require(): { readonly presence: GatewayPresence; readonly commands: GatewayCommands } {
    if (this.ways === undefined) {
      throw new TollgateError('not_supported', 'the gateways can not be seen in this configuration');
    }
    return this.ways;
  }
}

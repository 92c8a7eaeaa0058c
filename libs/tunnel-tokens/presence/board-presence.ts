import {
  type GatewayBoard,
  type GatewayCommand,
  GatewayCommands,
  GatewayPresence,
  type PresentClient,
} from '@tollgate/domain';
import { formatGatewayCommand } from './gateway-command';

/** Who is connected, as gateways show it on a board. */
export class BoardGatewayPresence extends GatewayPresence {
  constructor(private readonly board: GatewayBoard) {
    super();
  }

  override async listClients(accountId: string): Promise<readonly PresentClient[]> {
    return (await this.listClientsAcrossAccounts()).filter((client) => client.accountId === accountId);
  }

  override async listClientsAcrossAccounts(): Promise<readonly PresentClient[]> {
    // A client that moved to another text of its gateway's may be in both for a moment.
    const clients = new Map<string, PresentClient>();
    for (const text of await this.board.listShown()) {
      for (const client of clientsIn(text)) {
        clients.set(`${client.gatewayId} ${client.runId}`, client);
      }
    }
    return [...clients.values()].sort((a, b) => a.sinceMs - b.sinceMs || (a.runId < b.runId ? -1 : 1));
  }
}

/** A text that is broken hides its gateway, and not the others. */
function clientsIn(text: string): readonly PresentClient[] {
  try {
    const clients: unknown = JSON.parse(text);
    return Array.isArray(clients) ? (clients as readonly PresentClient[]) : [];
  } catch {
    return [];
  }
}

/** Commands that are told on a board. */
export class BoardGatewayCommands extends GatewayCommands {
  constructor(private readonly board: GatewayBoard) {
    super();
  }

  override async send(command: GatewayCommand): Promise<void> {
    await this.board.tell(formatGatewayCommand(command));
  }
}

import type { GatewayBoard, PresentClient } from '@tollgate/domain';
import { BoardGatewayPresence } from './board-presence';

describe('BoardGatewayPresence', () => {
  const client = { gatewayId: 'g1', runId: 'r1', sinceMs: 1 } as PresentClient;

  it.each(['', '{', '{}', 'null', '"clients"'])(
    'shows the clients of the others when a gateway shows %j',
    async (text) => {
      const board = { listShown: () => Promise.resolve([text, JSON.stringify([client])]) } as unknown as GatewayBoard;
      expect(await new BoardGatewayPresence(board).listClientsAcrossAccounts()).toEqual([client]);
    },
  );
});

import { setTimeout as pause } from 'node:timers/promises';
import { GATEWAY_SHOW_LEASE_MS, type GatewayBoard, type GatewayCommand, type PresentClient } from '@tollgate/domain';
import { BoardGatewayCommands, BoardGatewayPresence, GatewayAnnouncer } from '@tollgate/tunnel-tokens';
import { warningLog } from './tunnel-tokens-under-test';

/** Ways into one board, as several processes have them. */
export interface GatewayBoardsUnderTest {
  /** Another one with each call. */
  open(): Promise<GatewayBoard>;
  /** Has the time of what is shown pass; real time, where the board has no other. */
  letPass(ms: number): Promise<void>;
  teardown(): Promise<void>;
}

const HEARD_MS = 100;
const TRIALS = 9;
const PATIENCE_MS = 3_000;
const KICK: GatewayCommand = { kind: 'kick', target: { runId: 'r1' }, blockSeconds: 60 };

/** What holds for every board, and for gateways and the api on it. */
export function gatewayBoardContract(name: string, setup: () => Promise<GatewayBoardsUnderTest>): void {
  describe(`${name}: the board of the gateways`, () => {
    let boards: GatewayBoardsUnderTest;
    const announcers: GatewayAnnouncer[] = [];
    beforeAll(async () => {
      boards = await setup();
    });
    afterEach(async () => {
      for (const announcer of announcers.splice(0)) await announcer.close();
    });
    afterAll(async () => {
      await boards.teardown();
    });

    interface Gateway {
      readonly announcer: GatewayAnnouncer;
      readonly heard: GatewayCommand[];
      clients: readonly PresentClient[];
      look(nowMs: number): Promise<void>;
    }
    const startGateway = async (gatewayId: string, clients: readonly PresentClient[]): Promise<Gateway> => {
      const heard: GatewayCommand[] = [];
      const gateway: Gateway = {
        heard,
        clients,
        announcer: new GatewayAnnouncer(await boards.open(), {
          gatewayId,
          listClients: () => gateway.clients,
          onCommand: (command) => heard.push(command),
          log: warningLog().log,
        }),
        look: async (nowMs) => {
          gateway.announcer.tick(nowMs);
          await gateway.announcer.settled();
        },
      };
      announcers.push(gateway.announcer);
      await gateway.look(0);
      return gateway;
    };
    const client = (gatewayId: string, runId: string, accountId = 'acc_1'): PresentClient => ({
      tokenId: 'tt_1',
      accountId,
      runId,
      clientAddress: '203.0.113.7:40000',
      version: '0.70.1',
      gatewayId,
      sinceMs: 1_700_000_000_000,
      proxies: [{ name: 'web', type: 'tcp', remoteAddress: ':20000', connections: 1, inBytes: 5, outBytes: 7 }],
    });

    it('shows who is connected to any gateway, to each account its own', async () => {
      const one = client('gw1', 'r1');
      const two = client('gw2', 'r2', 'acc_2');
      await startGateway('gw1', [one]);
      await startGateway('gw2', [two]);
      const presence = new BoardGatewayPresence(await boards.open());
      expect(await presence.listClientsAcrossAccounts()).toEqual([one, two]);
      expect(await presence.listClients('acc_2')).toEqual([two]);
      expect(await presence.listClients('acc_3')).toEqual([]);
    });

    it('shows what has changed with the next look, and no more of a gateway that has ended', async () => {
      const gateway = await startGateway('gw1', [client('gw1', 'r1')]);
      const presence = new BoardGatewayPresence(await boards.open());
      gateway.clients = [client('gw1', 'r2')];
      await gateway.look(1_000);
      expect((await presence.listClientsAcrossAccounts()).map(({ runId }) => runId)).toEqual(['r1']);
      await gateway.look(2_000);
      expect((await presence.listClientsAcrossAccounts()).map(({ runId }) => runId)).toEqual(['r2']);
      await gateway.announcer.close();
      expect(await presence.listClientsAcrossAccounts()).toEqual([]);
    });

    it('shows thousands of clients, each once', async () => {
      const clients = Array.from({ length: 3_000 }, (_, i) => client('gw1', `run${String(i)}`));
      const gateway = await startGateway('gw1', clients);
      const presence = new BoardGatewayPresence(await boards.open());
      expect(new Set((await presence.listClientsAcrossAccounts()).map(({ runId }) => runId)).size).toBe(3_000);
      gateway.clients = clients.slice(0, 1);
      await gateway.look(2_000);
      expect(await presence.listClientsAcrossAccounts()).toEqual([clients[0]]);
    });

    it('lets go of what a dead gateway showed within ten seconds, and keeps what is shown again', async () => {
      const board = await boards.open();
      await board.show('dead.0', JSON.stringify([client('dead', 'r1')]));
      await board.show('alive.0', JSON.stringify([client('alive', 'r2')]));
      await boards.letPass(GATEWAY_SHOW_LEASE_MS - 2_000);
      await board.show('alive.0', JSON.stringify([client('alive', 'r2')]));
      await boards.letPass(4_500);
      const presence = new BoardGatewayPresence(await boards.open());
      expect((await presence.listClientsAcrossAccounts()).map(({ gatewayId }) => gatewayId)).toEqual(['alive']);
      await board.hide('alive.0');
    });

    it('tells a command to every gateway within a moment, once and in order', async () => {
      const gateways = [await startGateway('gw1', []), await startGateway('gw2', [])];
      const commands = new BoardGatewayCommands(await boards.open());
      const tookMs: number[] = [];
      for (let trial = 1; trial <= TRIALS; trial += 1) {
        const beganMs = performance.now();
        await commands.send(KICK);
        await untilHeard(gateways, trial);
        tookMs.push(performance.now() - beganMs);
      }
      // Half of them: the machine is others' too.
      expect(tookMs.sort((a, b) => a - b)[TRIALS >> 1]).toBeLessThan(HEARD_MS);
      for (let seconds = 1; seconds <= 20; seconds += 1) await commands.send({ ...KICK, blockSeconds: seconds });
      await untilHeard(gateways, TRIALS + 20);
      for (const { heard } of gateways) {
        expect(heard.map(({ blockSeconds }) => blockSeconds)).toEqual([
          ...Array.from({ length: TRIALS }, () => KICK.blockSeconds),
          ...Array.from({ length: 20 }, (_, i) => i + 1),
        ]);
      }
    });

    it('tells nothing of before to a gateway that has just started, and ignores what is no command', async () => {
      const board = await boards.open();
      await new BoardGatewayCommands(board).send(KICK);
      const gateway = await startGateway('gw1', []);
      for (const text of ['', 'x', '{}', '{"kind":"kick","target":{},"blockSeconds":1}']) await board.tell(text);
      await new BoardGatewayCommands(board).send({ ...KICK, blockSeconds: 9 });
      await untilHeard([gateway], 1);
      expect(gateway.heard).toEqual([{ ...KICK, blockSeconds: 9 }]);
    });

    async function untilHeard(gateways: readonly Gateway[], count: number): Promise<void> {
      const deadline = performance.now() + PATIENCE_MS;
      while (gateways.some(({ heard }) => heard.length < count)) {
        if (performance.now() > deadline) throw new Error(`a gateway has not heard ${String(count)} commands`);
        await pause(5);
      }
    }
  });
}

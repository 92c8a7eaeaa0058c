import { once } from 'node:events';
import { connect } from 'node:net';
import { eventually } from '../../support/eventually';
import { freePort } from '../../support/free-port';
import { type FrpProcess, startFrp } from '../../support/frp-process';
import { type GatewayProcess, startGateway } from '../../support/gateway-process';
import { type TcpRelay, startTcpRelay } from '../../support/tcp-relay';
import { type ExchangeService, startExchangeService } from '../matrix/exchange-service';
import { exchange } from '../matrix/exchange-user';
import { patternSha256 } from '../matrix/pattern';
import { type ClientPlan, type RunningClient, frpcToml } from '../matrix/plans';

const TOKEN = 'resilience-token';
const USERS = 500;
const BYTES = 20_000;
/** frpc waits a second or two before it tries again, and up to 20 when it has failed often. */
const RETURN_MS = 40_000;
const CASE_MS = 120_000;

function unharmed(bytes: number): { atUser: string; atService: string } {
  return { atUser: patternSha256('service', bytes), atService: patternSha256('user', bytes) };
}

function planFor(serverPort: number, localPort: number, remotePort: number, mux: boolean): ClientPlan {
  const proxies = [{ name: 'web', type: 'tcp', localPort, remotePort }];
  return { wire: 'v1', mux, tls: 'on', transport: 'tcp', serverPort, token: TOKEN, proxies };
}

/** Many users at once, whose bytes are looked at. */
export function describeConcurrency(startClient: (plan: ClientPlan) => Promise<RunningClient>): void {
  it.each([true, false])(
    `carries ${String(USERS)} connections at once and mixes none of them up, with tcpMux = %s`,
    async (mux) => {
      const [bindPort, remotePort] = [await freePort(), await freePort()];
      const service = await startExchangeService();
      const gateway = await startGateway(`bindPort = ${String(bindPort)}\nauth.token = "${TOKEN}"\n`);
      const client = await startClient(planFor(bindPort, service.port, remotePort, mux));
      try {
        let present = 0;
        let most = 0;
        let allHaveCome: () => void = () => undefined;
        const untilAllHaveCome = new Promise<void>((resolve) => {
          allHaveCome = resolve;
        });
        const exchanged = await Promise.all(
          Array.from({ length: USERS }, async (_, index) =>
            exchange(remotePort, BYTES + index, {
              // Nobody leaves before all have come.
              beforeLeaving: async () => {
                present += 1;
                most = Math.max(most, service.users());
                if (present === USERS) allHaveCome();
                await untilAllHaveCome;
              },
            }),
          ),
        );
        expect(most).toBe(USERS);
        expect(exchanged).toEqual(exchanged.map((_, index) => unharmed(BYTES + index)));
      } finally {
        await client.stop();
        await gateway.stop();
        await service.stop();
      }
    },
    CASE_MS,
  );
}

/** What a stock frpc does by itself when its connection, its server or it itself has gone. */
export function describeReturns(binary: string): void {
  describe.each([true, false])('with tcpMux = %s', (mux) => {
    let service: ExchangeService;
    let relay: TcpRelay;
    let gateway: GatewayProcess;
    let bindPort: number;
    let remotePort: number;
    const running: FrpProcess[] = [];

    beforeEach(async () => {
      [bindPort, remotePort] = [await freePort(), await freePort()];
      service = await startExchangeService();
      gateway = await start();
      relay = await startTcpRelay(bindPort);
    });

    afterEach(async () => {
      await Promise.all(running.splice(0).map(async (frpc) => frpc.stop()));
      await relay.stop();
      await gateway.stop();
      await service.stop();
    });

    async function start(): Promise<GatewayProcess> {
      return startGateway(
        `bindPort = ${String(bindPort)}\nauth.token = "${TOKEN}"\ntransport.heartbeatTimeout = 5\ntransport.tcpMuxKeepaliveInterval = 1\n`,
      );
    }

    async function startFrpc(serverPort = bindPort): Promise<FrpProcess> {
      const settings =
        'transport.tcpMuxKeepaliveInterval = 1\ntransport.heartbeatInterval = 1\ntransport.heartbeatTimeout = 4\n';
      const frpc = await startFrp(binary, settings + frpcToml(planFor(serverPort, service.port, remotePort, mux)));
      running.push(frpc);
      await serves();
      return frpc;
    }

    async function serves(withinMs = RETURN_MS): Promise<void> {
      await eventually(withinMs, async () => {
        expect(await exchange(remotePort, BYTES)).toEqual(unharmed(BYTES));
      });
    }

    async function isRefused(): Promise<void> {
      await eventually(RETURN_MS, async () => {
        const socket = connect(remotePort, '127.0.0.1');
        await expect(once(socket, 'connect')).rejects.toThrow('ECONNREFUSED');
      });
    }

    it(
      'frees the ports of a frpc that was killed at once, for the next one',
      async () => {
        const frpc = await startFrpc();
        frpc.kill();
        await isRefused();
        await startFrpc();
      },
      CASE_MS,
    );

    it(
      'has frpc back by itself after its connections were reset',
      async () => {
        await startFrpc(relay.port);
        relay.cut();
        await isRefused();
        relay.mend();
        await serves();
      },
      CASE_MS,
    );

    it(
      'has frpc back by itself after the network swallowed all it sent',
      async () => {
        const frpc = await startFrpc(relay.port);
        relay.swallow();
        await isRefused();
        await eventually(RETURN_MS, async () => {
          expect(frpc.output().match(/try to connect to server/gu)).toHaveLength(2);
        });
        // This one hangs in there as well: without mux frpc has no deadline for its TLS handshake and waits until it is reset.
        relay.cut();
        relay.mend();
        await serves();
      },
      CASE_MS,
    );

    it(
      'has frpc back by itself after the gateway was killed and started anew',
      async () => {
        await startFrpc();
        await gateway.stop('SIGKILL');
        gateway = await start();
        await serves();
      },
      CASE_MS,
    );
  });
}

import { setTimeout as pause } from 'node:timers/promises';
import { describeWithEtcd, type EtcdForTests, startEtcd } from '../etcd-server';
import { eventually } from '../eventually';
import { freePort } from '../free-port';
import { FrpClient } from '../frp-client';
import { type GatewayProcess, startGateway } from '../gateway-process';
import { MemoryWatch, residentBytes } from '../process-memory';
import type { AttackScale, AttackTarget } from './attack';
import { Bystander, type Wellbeing, echo } from './bystander';
import { CONNECTION_ATTACKS } from './connection-attacks';
import { SESSION_ATTACKS } from './session-attacks';
import { USER_ATTACKS } from './user-attacks';

const MEGABYTE = 1_048_576;
/** Tenants, by their tokens, and where each comes from. */
const ADDRESSES = { bystander: '127.0.1.1', newcomer: '127.0.1.2', hostile: '127.0.1.3' } as const;
const HTTP_HOST = 'bystander.example';
const LEVEL_ERROR = 50;

export interface HostileBounds {
  /** What the gateway's memory may grow by during one attack, in bytes. */
  readonly growthBytes: number;
  /** How long the gateway's event loop may be held up, and how long a bystander may take to connect, in milliseconds. */
  readonly loopMs: number;
  readonly connectMs: number;
}

/**
 * Every attack, each beside a bystander who has to be served as if nothing was: the gateway stays up, within its memory, and does not
 * fill its log.
 */
export function describeHostilePeers(scale: AttackScale, bounds: HostileBounds): void {
  describeWithEtcd('hostile peers', () => {
    let etcd: EtcdForTests;
    let gateway: GatewayProcess;
    let target: AttackTarget;
    let bystander: Bystander;
    let host: FrpClient;

    beforeAll(async () => {
      etcd = await startEtcd();
      const [bindPort, httpPort, httpsPort, udpPort] = [
        await freePort(),
        await freePort(),
        await freePort(),
        await freePort(),
      ];
      gateway = await startGateway(
        `bindPort = ${String(bindPort)}\nvhostHTTPPort = ${String(httpPort)}\nvhostHTTPSPort = ${String(httpsPort)}\n`,
        {
          env: {
            ETCD_ENDPOINTS: etcd.endpoint,
            ETCD_REGION: 'eu',
            GATEWAY_HANDSHAKE_TIMEOUT: `${String(scale.handshakeMs)}ms`,
          },
        },
      );
      for (const token of Object.keys(ADDRESSES)) {
        await etcd.client.put(`/frp/tokens/${token}`).value(JSON.stringify({ token, region: 'eu', enabled: true }));
      }
      // Each from an address of its own, where it is known from then on.
      for (const [token, from] of Object.entries(ADDRESSES)) {
        await eventually(5_000, async () => (await FrpClient.connect({ port: bindPort, from, token })).close());
      }
      bystander = await Bystander.start(bindPort, 'bystander', ADDRESSES.bystander);
      host = await FrpClient.connect({ port: bindPort, from: ADDRESSES.bystander, token: 'bystander' });
      const local = { handler: echo };
      await host.addProxy({ type: 'http', name: 'web', customDomains: [HTTP_HOST], local });
      await host.addProxy({ type: 'udp', name: 'udp', remotePort: udpPort, local: { port: 9 } });
      target = {
        bindPort,
        httpPort,
        httpsPort,
        userPort: bystander.ports[0] ?? 0,
        udpPort,
        httpHost: HTTP_HOST,
        hostileToken: 'hostile',
        hostileAddress: ADDRESSES.hostile,
      };
    });

    afterAll(async () => {
      await host.close();
      await bystander.stop();
      const code = await gateway.stop();
      await etcd.stop();
      expect(code).toBe(0);
    });

    it.each([...CONNECTION_ATTACKS, ...SESSION_ATTACKS, ...USER_ATTACKS])(
      'do no harm by $name',
      async ({ name, run }) => {
        await loopDelayMs(gateway);
        const linesBefore = linesOf(gateway).length;
        const memory = new MemoryWatch(gateway.pid);
        const stopWatching = bystander.watch();
        const stopArriving = keepArriving(target.bindPort);
        const attacked = await run(target, scale).catch((error: unknown) => error as Error);
        const newcomers = await stopArriving();
        const wellbeing = await stopWatching();
        const peakBytes = memory.stop();
        if (attacked instanceof Error) throw attacked;
        const { acts } = attacked;
        const lines = linesOf(gateway).slice(linesBefore);
        const loop = await loopDelayMs(gateway);
        report(name, {
          memory: [memory.beforeBytes, peakBytes, residentBytes(gateway.pid)],
          loop,
          wellbeing,
          logins: newcomers.count,
          lines: lines.length,
        });

        expect({ failures: wellbeing.failures, newcomers: newcomers.failures }).toEqual({
          failures: [],
          newcomers: [],
        });
        expect(loop.max).toBeLessThan(bounds.loopMs);
        expect(wellbeing.connects.max).toBeLessThan(bounds.connectMs);
        expect(peakBytes - memory.beforeBytes).toBeLessThan(bounds.growthBytes);
        // One each, and two for each client that came and went meanwhile.
        expect(lines.length).toBeLessThanOrEqual(acts + 2 * newcomers.count + 10);
        expect(lines.filter(isError)).toEqual([]);
      },
    );
  });
}

interface Newcomers {
  readonly count: number;
  readonly failures: readonly string[];
}

/** Somebody who logs in anew all the time, as clients do that come back. */
function keepArriving(port: number): () => Promise<Newcomers> {
  let isOver = false;
  const over = (): boolean => isOver;
  let count = 0;
  const failures: string[] = [];
  const running = (async () => {
    while (!over()) {
      count += 1;
      try {
        await (
          await FrpClient.connect({ port, from: ADDRESSES.newcomer, token: 'newcomer', mux: count % 2 === 0 })
        ).close();
      } catch (error) {
        failures.push(String(error));
      }
      await pause(200);
    }
  })();
  return async () => {
    isOver = true;
    await running;
    return { count, failures };
  };
}

function linesOf(gateway: GatewayProcess): string[] {
  return gateway.output().split('\n').slice(0, -1);
}

/** An error that was logged, or a line that is no log: what Node prints of an exception that nobody caught. */
function isError(line: string): boolean {
  try {
    return (
      (JSON.parse(line) as { level?: number }).level === undefined ||
      (JSON.parse(line) as { level: number }).level >= LEVEL_ERROR
    );
  } catch {
    return true;
  }
}

interface LoopDelay {
  readonly p99: number;
  readonly max: number;
}

/** Of the gateway's event loop since this was asked for last, in milliseconds. */
async function loopDelayMs(gateway: GatewayProcess): Promise<LoopDelay> {
  const text = await (await fetch(`${gateway.url}/metrics`)).text();
  const value = (name: string): number =>
    1_000 *
    Number(new RegExp(`^tollgate_nodejs_eventloop_lag_${name}_seconds(?:\\{.*\\})? (.+)$`, 'm').exec(text)?.[1]);
  return { p99: value('p99'), max: value('max') };
}

interface Report {
  /** Before, at most, after. */
  readonly memory: readonly number[];
  readonly loop: LoopDelay;
  readonly wellbeing: Wellbeing;
  readonly logins: number;
  readonly lines: number;
}

function report(name: string, { memory, loop, wellbeing: { pings, connects }, logins, lines }: Report): void {
  const mb = memory.map((bytes) => String(Math.round(bytes / MEGABYTE))).join(' -> ');
  const ms = (value: number): string => value.toFixed(1);
  process.stderr.write(
    `${name}: RSS ${mb} MB; loop p99 ${ms(loop.p99)} max ${ms(loop.max)} ms; ` +
      `ping p50 ${ms(pings.p50)} p99 ${ms(pings.p99)} max ${ms(pings.max)} ms; ` +
      `connect p99 ${ms(connects.p99)} max ${ms(connects.max)} ms; ${String(logins)} logins; ${String(lines)} log lines\n`,
  );
}

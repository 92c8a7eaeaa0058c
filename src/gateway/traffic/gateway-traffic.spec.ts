import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { SystemClock } from '@tollgate/domain';
import { type CompiledLibs, compileLibs, recordingLog, useTemporaryFolder } from '@tollgate/testing';
import { readTunnelToken } from '@tollgate/tunnel-tokens';
import { FolderInUseError, FolderLock } from './folder-lock';
import { GatewayTraffic } from './gateway-traffic';

const TOKEN = 'secret-token';
const KILLS = 4;
const PROXIES = 5;

/**
 * A gateway whose counters move by themselves. Before each step it writes down, at once, when, which proxy, and by how much; with
 * `drain` it moves nothing and sends what it finds.
 */
const CHILD = `
const [, , root, folder, reportUrl, stepsFile, mode] = process.argv;
const { GatewayTraffic } = require(root + '/src/gateway/traffic/gateway-traffic.js');
const { SystemClock } = require(root + '/libs/domain/index.js');
const { openSync, writeSync } = require('node:fs');
const quiet = () => undefined;
const log = { debug: quiet, info: quiet, warn: quiet, error: (fields, text) => process.stderr.write(text) };
const token = { token: '${TOKEN}', id: 'tt_x', trafficReportIntervalBytes: 20000, monthlyTrafficPolicy: 'refuse' };
(async () => {
  const traffic = await GatewayTraffic.open({ folder, region: 'eu', reportUrl }, new SystemClock(), log);
  traffic.start();
  if (mode === 'drain') {
    const timer = setInterval(() => {
      if (traffic.readings().outboxReports > 0) return;
      clearInterval(timer);
      void traffic.close();
    }, 20);
    return;
  }
  const file = openSync(stepsFile, 'a');
  const counters = Array.from({ length: ${String(PROXIES)} }, (_, index) => traffic.meter.counterFor(token, 'p' + index));
  setInterval(() => {
    for (const counter of counters) {
      const bytes = 1 + Math.floor(Math.random() * 5000);
      writeSync(file, Date.now() + ' ' + counter.proxyName + ' ' + bytes + '\\n');
      counter.inBytes += bytes;
      counter.outBytes += bytes * 2;
      if (Math.random() < 0.05) traffic.meter.connectionClosed(counter);
    }
  }, 3);
  process.stdout.write('moving');
})();
`;

describe('GatewayTraffic', () => {
  const folder = useTemporaryFolder();
  const { log, lines } = recordingLog();
  const parsed = readTunnelToken(TOKEN, { token: TOKEN, region: 'eu', enabled: true, trafficReportIntervalMB: 1 });
  if (parsed.kind !== 'token') throw new Error('a fixed token is right');
  const { token } = parsed;

  let server: Server;
  let reportUrl: string;
  /** What the receiver answers to the n-th try of a report; 0 cuts the connection after the report was taken. */
  let answer: (nth: number) => number;
  const tries = new Map<string, number>();
  /** By key, what was taken. */
  const taken = new Map<
    string,
    { readonly proxyName: string; readonly trafficIn: number; readonly trafficOut: number }
  >();

  beforeEach(async () => {
    lines.length = 0;
    taken.clear();
    tries.clear();
    answer = () => 200;
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const key = String(request.headers['idempotency-key']);
        tries.set(key, (tries.get(key) ?? 0) + 1);
        const status = answer(tries.get(key) ?? 0);
        const report = JSON.parse(body) as never;
        if (taken.has(key)) expect(taken.get(key)).toStrictEqual(report);
        if (status === 200 || status === 0) taken.set(key, report);
        if (status === 0) request.socket.destroy();
        else response.writeHead(status).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    reportUrl = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/traffic/report`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const open = (): Promise<GatewayTraffic> =>
    GatewayTraffic.open({ folder: folder(), region: 'eu', reportUrl }, new SystemClock(), log);
  const sumOf = (proxyName: string): number =>
    [...taken.values()]
      .filter((report) => report.proxyName === proxyName)
      .reduce((sum, { trafficIn, trafficOut }) => sum + trafficIn + trafficOut, 0);

  it('reports every byte once to a receiver that fails half of the time, before and after it took a report', async () => {
    answer = (nth) => (nth > 5 || Math.random() < 0.5 ? 200 : Math.random() < 0.5 ? 500 : 0);
    const traffic = await open();
    traffic.start();
    const counters = Array.from({ length: 20 }, (_, index) => traffic.meter.counterFor(token, `p${String(index)}`));
    for (let round = 0; round < 10; round += 1) {
      for (const counter of counters) {
        counter.inBytes += 300_000;
        counter.outBytes += 17;
        traffic.meter.connectionClosed(counter);
      }
      await wait(60);
    }
    for (const counter of counters) traffic.meter.release(counter);
    for (let rounds = 0; rounds < 400; rounds += 1) {
      const { outboxReports } = traffic.readings();
      if (outboxReports === 0 && sumOf('p19') === 3_000_170) break;
      await wait(50);
    }
    await traffic.close();

    const { sent, failed, outboxReports, parked } = traffic.readings();
    expect(counters.map(({ proxyName }) => sumOf(proxyName))).toStrictEqual(counters.map(() => 3_000_170));
    expect([outboxReports, parked]).toStrictEqual([0, 0]);
    expect(failed).toBeGreaterThan(sent / 4);
    expect(JSON.stringify(lines)).not.toContain(TOKEN);
  });

  it('sends what is left when it ends, and the rest after the next start', async () => {
    const first = await open();
    first.meter.counterFor(token, 'web').inBytes += 5;
    await first.close();
    expect(sumOf('web')).toBe(5);

    answer = () => 503;
    const second = await open();
    second.meter.counterFor(token, 'web').inBytes += 7;
    await second.close();
    expect(second.readings().outboxReports).toBe(1);
    answer = () => 200;
    const third = await open();
    third.start();
    while (third.readings().outboxReports > 0) await wait(20);
    await third.close();
    expect(sumOf('web')).toBe(12);
  });

  it('puts a refused report into a file that only its owner may read', async () => {
    answer = () => 422;
    const traffic = await open();
    traffic.meter.counterFor(token, 'web').inBytes += 5;
    await traffic.close();
    const path = join(folder(), 'parked.jsonl');
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({
      status: 422,
      report: { token: TOKEN, trafficIn: 5 },
    });
    for (const name of readdirSync(folder())) expect(statSync(join(folder(), name)).mode & 0o77).toBe(0);
    expect(traffic.readings().parked).toBe(1);
  });

  it('keeps what an earlier run has left where there is no receiver any more', async () => {
    answer = () => 503;
    const before = await open();
    before.meter.counterFor(token, 'web').inBytes += 5;
    await before.close();
    const silent = await GatewayTraffic.open({ folder: folder(), region: 'eu' }, new SystemClock(), log);
    silent.meter.counterFor(token, 'web').inBytes += 5;
    await silent.close();
    expect(silent.readings().outboxReports).toBe(1);
    expect(silent.usage.bytesOf(token.id, Date.now())).toBe(10);
  });

  it('has its folder to itself', async () => {
    const traffic = await open();
    let isSecondOpen = false;
    const second = open().then((opened) => {
      isSecondOpen = true;
      return opened;
    });
    await expect(FolderLock.take(folder(), { waitMs: 100, retryMs: 50 })).rejects.toThrow(FolderInUseError);
    expect(isSecondOpen).toBe(false);
    await traffic.close();
    await (await second).close();
  });

  describe('killed at any moment', () => {
    let compiled: CompiledLibs;
    const children = new Set<ChildProcess>();
    beforeAll(() => {
      compiled = compileLibs(['domain', 'tunnel-tokens', '../src/gateway/traffic']);
      writeFileSync(join(compiled.folder, 'child.js'), CHILD);
    });
    afterEach(() => {
      for (const child of children) child.kill('SIGKILL');
      children.clear();
    });
    afterAll(() => {
      compiled.remove();
    });

    it('reports never more than was counted, and less only by what passed in the last second', async () => {
      // The receiver fails half of the time as well.
      answer = (nth) => (nth > 3 || Math.random() < 0.5 ? 200 : Math.random() < 0.5 ? 503 : 0);
      const stepsFile = join(folder(), 'steps');
      const run = async (mode: string, killAfterMs?: number): Promise<number> => {
        const child = spawn(
          process.execPath,
          [join(compiled.folder, 'child.js'), compiled.folder, join(folder(), 'outbox'), reportUrl, stepsFile, mode],
          { stdio: ['ignore', 'pipe', 'inherit'] },
        );
        children.add(child);
        const exited = new Promise((resolve) => child.once('exit', resolve));
        if (killAfterMs === undefined) {
          expect(await exited).toBe(0);
          return 0;
        }
        await new Promise((resolve) => child.stdout.once('data', resolve));
        await wait(killAfterMs);
        child.kill('SIGKILL');
        const killedMs = Date.now();
        await exited;
        return killedMs;
      };
      const kills: number[] = [];
      for (let kill = 0; kill < KILLS; kill += 1) kills.push(await run('move', 700 + Math.random() * 1_500));
      await run('drain');

      const steps = readFileSync(stepsFile, 'utf8')
        .trim()
        .split('\n')
        .map((line) => line.split(' '));
      for (let index = 0; index < PROXIES; index += 1) {
        const proxyName = `p${String(index)}`;
        let counted = 0;
        let last = 0;
        for (const [at, name, bytes] of steps) {
          if (name !== proxyName) continue;
          counted += 3 * Number(bytes);
          if (kills.some((killedMs) => Number(at) >= killedMs - 1_000 && Number(at) <= killedMs + 50))
            last += 3 * Number(bytes);
        }
        const reported = sumOf(proxyName);
        expect(reported).toBeLessThanOrEqual(counted);
        expect(reported).toBeGreaterThanOrEqual(counted - last);
        expect(counted - last).toBeGreaterThan(0);
      }
    }, 60_000);
  });
});

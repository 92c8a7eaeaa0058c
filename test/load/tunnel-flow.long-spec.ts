import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { FlowSite } from '../support/flow/flow-site';
import { echo, freeze, pour, pourHttp } from '../support/flow/local-ends';
import { arrivalRate, medianOf, roundTrips } from '../support/flow/measures';
import { MuxPinger } from '../support/flow/mux-pinger';
import { FLOW_CLIENTS, type FlowProxy } from '../support/flow/tunnel-client';
import { freePort } from '../support/free-port';
import { spreadOf } from '../support/hostile/bystander';
import { residentBytes } from '../support/process-memory';

const MEGABYTE = 1_048_576;
const TOKEN = 'flow-token';
const SETTLE_MS = 4_000;
const STILL_MS = 2_000;
const ROUND_MS = 2_000;
const ROUNDS = 3;
/** The largest window of a stream, what is queued for its user, and what lies in codecs. */
const WINDOW_BYTES = 7 * MEGABYTE;
/** What a process takes for other reasons: slabs for reading, the collector's leisure. */
const SLACK_BYTES = 48 * MEGABYTE;

const ENCODINGS: readonly (Partial<FlowProxy> & { readonly name: string; readonly mux: boolean })[] = [
  { name: 'mux', mux: true },
  { name: 'mux-enc', mux: true, useEncryption: true },
  { name: 'mux-comp', mux: true, useCompression: true },
  { name: 'mux-enc-comp', mux: true, useEncryption: true, useCompression: true },
  { name: 'single', mux: false },
  { name: 'single-enc-comp', mux: false, useEncryption: true, useCompression: true },
  { name: 'http.example', mux: true, type: 'http' },
];

describe.each(FLOW_CLIENTS)('the flow through the gateway, with %s', (_client, startClient) => {
  const site = new FlowSite(startClient, TOKEN);

  beforeEach(async () => site.start(`auth.token = "${TOKEN}"\n`));
  afterEach(async () => site.stop());

  /** Writes in vain until nothing more is taken. @returns by how much the gateway's memory has grown, in bytes */
  async function growthUntilStill(act: () => Promise<void>, writers: () => Iterable<Socket>): Promise<number> {
    const written = (): number => [...writers()].reduce((sum, { bytesWritten }) => sum + bytesWritten, 0);
    const before = residentBytes(site.gateway.pid);
    await act();
    await pause(SETTLE_MS);
    const atRest = written();
    expect(atRest).toBeGreaterThan(0);
    await pause(STILL_MS);
    expect(written()).toBe(atRest);
    return residentBytes(site.gateway.pid) - before;
  }

  function report(text: string): void {
    process.stderr.write(`${_client}: ${text}\n`);
  }

  it.each(ENCODINGS.flatMap((encoding) => [1, 20].map((count) => [encoding, count] as const)))(
    'holds no more than windows for users who read nothing: %j, %d of them',
    async ({ mux, ...encoding }, count) => {
      const isHttp = encoding.type === 'http';
      const source = await site.end(isHttp ? pourHttp : pour);
      const remotePort = isHttp ? undefined : await freePort();
      await site.connect([{ ...encoding, localPort: source.port, ...(remotePort !== undefined && { remotePort }) }], {
        mux,
      });
      const growth = await growthUntilStill(
        async () => {
          for (let index = 0; index < count; index += 1) {
            const request = isHttp ? `GET / HTTP/1.1\r\nHost: ${encoding.name}\r\n\r\n` : undefined;
            freeze(await site.user(remotePort ?? site.httpPort, request));
          }
        },
        () => source.sockets,
      );
      report(`${encoding.name}, ${String(count)} frozen users: ${(growth / MEGABYTE).toFixed(1)} MB`);
      expect(growth).toBeLessThan(count * WINDOW_BYTES + SLACK_BYTES);
    },
  );

  it.each(ENCODINGS.flatMap((encoding) => [1, 20].map((count) => [encoding, count] as const)))(
    'holds no more than queues for services that read nothing: %j, %d connections',
    async ({ mux, ...encoding }, count) => {
      const isHttp = encoding.type === 'http';
      const sink = await site.end(freeze);
      const remotePort = isHttp ? undefined : await freePort();
      await site.connect([{ ...encoding, localPort: sink.port, ...(remotePort !== undefined && { remotePort }) }], {
        mux,
      });
      const growth = await growthUntilStill(
        async () => {
          for (let index = 0; index < count; index += 1) {
            const head = `POST / HTTP/1.1\r\nHost: ${encoding.name}\r\nContent-Length: 99999999999\r\n\r\n`;
            pour(await site.user(remotePort ?? site.httpPort, isHttp ? head : undefined));
          }
        },
        () => site.users,
      );
      report(`${encoding.name}, ${String(count)} frozen services: ${(growth / MEGABYTE).toFixed(1)} MB`);
      expect(growth).toBeLessThan(count * WINDOW_BYTES + SLACK_BYTES);
    },
  );

  it('gives others their whole throughput beside 20 connections to users who read nothing', async () => {
    const source = await site.end(pour);
    const [same, other] = [await freePort(), await freePort()];
    await site.connect([{ name: 'same', localPort: source.port, remotePort: same }]);
    await site.connect([{ name: 'other', localPort: source.port, remotePort: other }]);
    const rateOf = async (port: number): Promise<number> => {
      const socket = await site.user(port);
      const rate = await arrivalRate([socket], 500, ROUND_MS);
      socket.destroy();
      return rate;
    };
    const rates = { same: [[], []] as number[][], other: [[], []] as number[][] };
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const isCrowded of [0, 1] as const) {
        const frozen =
          isCrowded === 1 ? await Promise.all(Array.from({ length: 20 }, async () => site.user(same))) : [];
        for (const socket of frozen) freeze(socket);
        if (isCrowded === 1) await pause(1_500);
        rates.same[isCrowded]?.push(await rateOf(same));
        rates.other[isCrowded]?.push(await rateOf(other));
        for (const socket of frozen) socket.destroy();
        await pause(500);
      }
    }
    const ratioOf = ([alone = [], beside = []]: readonly number[][]): number => medianOf(beside) / medianOf(alone);
    const mb = (values: readonly number[] = []): string => (medianOf(values) / MEGABYTE).toFixed(0);
    report(
      `beside 20 frozen users: same session ${ratioOf(rates.same).toFixed(2)} (${mb(rates.same[0])} -> ${mb(rates.same[1])} MB/s), ` +
        `another ${ratioOf(rates.other).toFixed(2)} (${mb(rates.other[0])} -> ${mb(rates.other[1])} MB/s)`,
    );
    expect(ratioOf(rates.same)).toBeGreaterThan(0.9);
    expect(ratioOf(rates.other)).toBeGreaterThan(0.9);
  });

  it('answers pings, and small requests of the same session, under full load both ways', async () => {
    const [source, sink, echoing] = [
      await site.end(pour),
      await site.end((socket) => socket.resume()),
      await site.end(echo),
    ];
    const [down, up, small] = [await freePort(), await freePort(), await freePort()];
    const pinger = await MuxPinger.start(site.bindPort);
    await site.connect(
      [
        { name: 'down', localPort: source.port, remotePort: down },
        { name: 'up', localPort: sink.port, remotePort: up },
        { name: 'small', localPort: echoing.port, remotePort: small },
      ],
      { tls: false, serverPort: pinger.port },
    );
    for (let index = 0; index < 4; index += 1) {
      (await site.user(down)).resume();
      pour(await site.user(up));
    }
    await pause(1_000);
    const pings: number[] = [];
    const asker = await site.user(small);
    const trips = roundTrips(asker, 5_000);
    for (let count = 0; count < 50; count += 1) {
      pings.push(await pinger.ping());
      await pause(100);
    }
    const [ping, trip] = [spreadOf(pings), spreadOf(await trips)];
    const text = ({ p50, p99, max }: typeof ping): string =>
      `p50 ${p50.toFixed(1)} p99 ${p99.toFixed(1)} max ${max.toFixed(1)} ms`;
    report(`under full load: pings ${text(ping)}; ping-pong ${text(trip)}, ${String(trip.count)} trips`);
    expect(ping.max).toBeLessThan(1_000);
    expect(trip.p99).toBeLessThan(1_000);
    pinger.stop();
  });
});

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RedisCounterStore, SLOTS_PER_WINDOW, type Subject } from '@tollgate/limiter';
import { type CompiledLibs, compileLibs } from '@tollgate/testing';
import { Redis } from 'ioredis';
import { describeWithRedis } from '../support/redis-server';

const PROCESSES = 4;
const CONNECTIONS = 50;
/** A minute is 240 ms then. */
const TICK_MS = 20;
const WINDOW_MS = SLOTS_PER_WINDOW * TICK_MS;
const WINDOWS_HAMMERED = 36;
const LIMIT = 100;

/**
 * Takes of two subjects, over many lanes at once, for as long as it is told; then says when it was granted how many
 * units. Some lanes take more in advance, and give back what is not needed half of the times.
 */
const CHILD = `
const [, , libs, url, options, subjects, lanes, forMs] = process.argv;
const { RedisCounterStore } = require(libs + '/libs/limiter/redis/redis-counter-store.js');
const { Redis } = require('ioredis');
const { setTimeout: pause } = require('node:timers/promises');
const client = new Redis(url);
const store = new RedisCounterStore(client, JSON.parse(options));
const [app, token] = JSON.parse(subjects);
const granted = [];
async function lane(number, endMs) {
  while (performance.now() < endMs) {
    const extra = number % 5 === 0 ? 4 : 0;
    const { refusedBy, nowMs, states } = await store.take([
      { subject: app, need: 1, extra: 0 },
      { subject: token, need: 1, extra },
    ]);
    if (refusedBy < 0) {
      const unused = Math.random() < 0.5 ? states[1].granted - 1 : 0;
      granted.push([nowMs, states[1].granted - unused]);
      if (unused > 0) await store.giveBack([{ subject: token, units: unused, grantedAtMs: nowMs }]);
    }
    await pause(Math.random() * 40);
  }
}
process.once('message', async () => {
  const endMs = performance.now() + Number(forMs);
  await Promise.all(Array.from({ length: Number(lanes) }, (_, number) => lane(number, endMs)));
  await client.quit();
  process.send(granted, () => process.disconnect());
});
process.send('ready');
`;

type Granted = readonly (readonly [atMs: number, units: number])[];

describeWithRedis('four processes on one Redis', (redis) => {
  let libs: CompiledLibs;
  beforeAll(() => {
    libs = compileLibs(['domain', 'limiter', 'redis']);
    writeFileSync(join(libs.folder, 'child.js'), CHILD);
  });
  afterAll(() => {
    libs.remove();
  });

  it('never get more than the limit in any real stretch of a window, and all that may be had', async () => {
    const options = { kind: 'single', keyPrefix: redis().newKeyPrefix(), tickMs: TICK_MS } as const;
    const app: Subject = { layer: 'app', key: 'app', group: 'app', limits: [0, 0, 1_000_000] };
    const token: Subject = { layer: 'token', key: 'token', group: 'account', limits: [LIMIT, 0, 0] };
    const args = [
      libs.folder,
      redis().url,
      JSON.stringify(options),
      JSON.stringify([app, token]),
      CONNECTIONS,
      WINDOWS_HAMMERED * WINDOW_MS,
    ].map(String);
    const children = Array.from({ length: PROCESSES }, () => fork(join(libs.folder, 'child.js'), args));
    const answers = await Promise.all(children.map(async (child) => once(child, 'message')))
      .then(() => {
        const all = Promise.all(children.map(async (child) => once(child, 'message') as Promise<[Granted]>));
        for (const child of children) child.send('start');
        return all;
      })
      .finally(() => {
        for (const child of children) if (child.exitCode === null) child.kill();
      });

    const granted = answers.flatMap(([own]) => own).toSorted(([a], [b]) => a - b);
    expect(mostWithin(granted, WINDOW_MS)).toBeLessThanOrEqual(LIMIT);
    const units = granted.reduce((sum, [, own]) => sum + own, 0);
    expect(units).toBeGreaterThan((WINDOWS_HAMMERED * LIMIT) / 2);

    // One unit of the app for each take that was granted, none for the many that the token's limit refused.
    const client = new Redis(redis().url);
    const { states } = await new RedisCounterStore(client, options).take([{ subject: app, need: 0, extra: 0 }]);
    await client.quit();
    expect(app.limits[2] - (states[0]?.remaining ?? 0)).toBe(granted.length);
  }, 60_000);
});

/** The most units within any stretch of that length, both ends included. */
function mostWithin(granted: Granted, stretchMs: number): number {
  let most = 0;
  let sum = 0;
  let from = 0;
  for (const [atMs, units] of granted) {
    sum += units;
    for (let [firstMs, first] = granted[from]!; firstMs < atMs - stretchMs; [firstMs, first] = granted[from]!) {
      sum -= first;
      from += 1;
    }
    most = Math.max(most, sum);
  }
  return most;
}

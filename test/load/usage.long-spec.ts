import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ApiProcess, startApi } from '../support/api-process';
import { ConnectionLoad, validateRequest } from '../support/connection-load';
import { type StartOnStore, describeOnMongo } from '../support/each-store';
import { Tenant, expectStatus, newTenant } from '../support/hmac-client';
import { SeededRandom } from './seeded-random';
import { readStoredRecords } from './stored-records';

const KILLS = 10;
const STOPS = 3;
const TOKENS = 8;
const UINT32 = 2 ** 32;
const SCOPE = 'a:b';
const MISSING_SCOPE = 'c:d';
/** For each token: connections of validations that pass, and of those that lack a scope. */
const CONNECTIONS = { valid: 4, scope: 1 } as const;
/** How long a process serves before it is killed: some counts are always older than what may be lost. */
const SHORTEST_LIFE_MS = 1_500;
const LONGEST_LIFE_MS = 4_000;
/** Counts wait for a second at most; the rest is the writing, and the way of the answers to the client. */
const MAY_BE_LOST_MS = 1_200;

type Result = keyof typeof CONNECTIONS;
const RESULTS = Object.keys(CONNECTIONS) as Result[];

/** Answers of one kind that one token got from one process. */
class Tally {
  readonly receivedMs: number[] = [];

  /** Those that had come by then. */
  by(timeMs: number): number {
    return this.receivedMs.filter((at) => at <= timeMs).length;
  }
}

interface Counted {
  readonly id: string;
  readonly value: string;
}

type Stored = Readonly<Record<Result, number>>;

/** Validations of all tokens, as fast as they go, with what came of them. */
class UsageLoad {
  readonly strange = new Set<string>();
  private readonly loads: ConnectionLoad[] = [];
  private readonly tallies = new Map<string, Tally>();

  constructor(url: string, tokens: readonly Counted[]) {
    for (const { id, value } of tokens) {
      for (const result of RESULTS) {
        const request = validateRequest(value, result === 'valid' ? SCOPE : MISSING_SCOPE);
        const tally = this.tally(id, result);
        const expected = result === 'valid' ? 200 : 401;
        this.loads.push(
          new ConnectionLoad({
            url,
            connections: CONNECTIONS[result],
            request: () => request,
            onAnswer: ({ status, body, receivedMs }) => {
              if (status === expected) tally.receivedMs.push(receivedMs);
              else this.strange.add(`${String(status)} ${body}`);
            },
          }),
        );
      }
    }
  }

  tally(id: string, result: Result): Tally {
    const key = `${id} ${result}`;
    let tally = this.tallies.get(key);
    if (tally === undefined) this.tallies.set(key, (tally = new Tally()));
    return tally;
  }

  get answers(): number {
    return [...this.tallies.values()].reduce((sum, { receivedMs }) => sum + receivedMs.length, 0);
  }

  async stop(): Promise<void> {
    await Promise.all(this.loads.map(async (load) => load.stop()));
  }
}

function defineCases(start: StartOnStore, faultsOf: (dataDir: string) => readonly string[]): void {
  let dataDir: string;
  let tenant: Tenant;
  let tokens: Counted[];
  let api: ApiProcess;

  beforeEach(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'tollgate-usage-'));
    api = await start({ dataDir });
    tenant = await newTenant(api.url);
    tokens = [];
    for (let count = 0; count < TOKENS; count += 1) {
      const made = await tenant.createToken({ scope: [SCOPE] });
      tokens.push({ id: made.string('token_id'), value: made.string('token') });
    }
  });
  afterEach(async () => {
    await api.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  async function restart(): Promise<void> {
    api = await start({ dataDir });
    tenant = new Tenant(api.url, tenant.accountId, tenant.accessKey, tenant.secretKey);
  }

  /** What is stored of a token, by the hour; an error when the total, the days and the hours differ. */
  async function storedOf({ id }: Counted): Promise<Stored> {
    const path = `/api/v2/tokens/${id}`;
    const [byHour, byDay] = await Promise.all(
      ['hour', 'day'].map(async (granularity) => {
        const usage = expectStatus(200, await tenant.call('GET', `${path}/usage?granularity=${granularity}`));
        const sum = (result: string): number =>
          usage.list('usage').reduce((total, bucket) => total + Number(bucket[result]), 0);
        return { valid: sum('valid'), scope: sum('scope'), total: sum('total') };
      }),
    );
    const stats = expectStatus(200, await tenant.call('GET', `${path}/stats`));
    const { valid, scope, total } = byHour!;
    expect({ id, days: byDay, requests: stats.body['total_requests'], total }).toEqual({
      id,
      days: byHour,
      requests: valid,
      total: valid + scope,
    });
    return { valid, scope };
  }

  const allStored = async (): Promise<readonly Stored[]> => Promise.all(tokens.map(storedOf));

  it(`loses a second's counts at most and counts nothing twice, over ${String(KILLS)} kills under load`, async () => {
    const seed = Number(process.env['USAGE_SEED'] ?? randomInt(UINT32));
    process.stderr.write(`USAGE_SEED=${String(seed)}\n`);
    const random = new SeededRandom(seed);
    let before = await allStored();

    for (let round = 1; round <= KILLS; round += 1) {
      const load = new UsageLoad(api.url, tokens);
      await sleep(random.between(SHORTEST_LIFE_MS, LONGEST_LIFE_MS));
      const killedMs = performance.now();
      await api.stop('SIGKILL');
      await load.stop();
      expect(load.strange).toEqual(new Set());
      expect(faultsOf(dataDir)).toEqual([]);

      await restart();
      const after = await allStored();
      const faults: string[] = [];
      let lost = 0;
      tokens.forEach(({ id }, index) => {
        for (const result of RESULTS) {
          const counted = after[index]![result] - before[index]![result];
          const tally = load.tally(id, result);
          const least = tally.by(killedMs - MAY_BE_LOST_MS);
          // A connection may have had a validation counted of which it never got the answer.
          const most = tally.receivedMs.length + CONNECTIONS[result];
          lost += tally.receivedMs.length - counted;
          if (counted < least || counted > most) {
            faults.push(`${id} ${result}: ${String(counted)} counted, not ${String(least)} to ${String(most)}`);
          }
        }
      });
      process.stderr.write(
        `kill ${String(round)}: ${String(load.answers)} answers, ${String(lost)} of them lost to the counts\n`,
      );
      expect(faults).toEqual([]);
      before = after;
    }
  });

  it(`counts exactly what was answered, result by result, over ${String(STOPS)} stops under load`, async () => {
    let before = await allStored();
    for (let round = 1; round <= STOPS; round += 1) {
      const load = new UsageLoad(api.url, tokens);
      await sleep(SHORTEST_LIFE_MS);
      expect(await api.stop('SIGTERM')).toBe(0);
      await load.stop();
      expect(faultsOf(dataDir)).toEqual([]);

      await restart();
      const after = await allStored();
      const counted = tokens.map((_, index) => ({
        valid: after[index]!.valid - before[index]!.valid,
        scope: after[index]!.scope - before[index]!.scope,
      }));
      expect(counted).toEqual(
        tokens.map(({ id }) => ({
          valid: load.tally(id, 'valid').receivedMs.length,
          scope: load.tally(id, 'scope').receivedMs.length,
        })),
      );
      process.stderr.write(`stop ${String(round)}: ${String(load.answers)} answers, all counted\n`);
      before = after;
    }
  });
}

describe('usage counts on the embedded store', () => {
  defineCases(startApi, (dataDir) => readStoredRecords(dataDir).faults);
});

describeOnMongo('usage counts on MongoDB', (start) => {
  defineCases(start, () => []);
});

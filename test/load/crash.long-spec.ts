import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startApi } from '../support/api-process';
import { Ledger } from './ledger';
import { SeededRandom } from './seeded-random';
import { readStoredRecords } from './stored-records';
import { survey } from './survey';
import { Traffic } from './traffic';

const ROUNDS = 20;
const UINT32 = 2 ** 32;
/** When the kill comes after the first request, in milliseconds. */
const SHORTEST_LIFE_MS = 20;
const LONGEST_LIFE_MS = 2_000;

/** Jest would put a stack trace below each line of the console. */
function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

describe('the embedded store under SIGKILL', () => {
  let dataDir: string;
  beforeAll(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'tollgate-crash-'));
  });
  afterAll(() => {
    rmSync(dataDir, { recursive: true });
  });

  it('keeps everything it acknowledged and nothing by halves, over 20 kills at random points', async () => {
    const seed = Number(process.env['CRASH_SEED'] ?? randomInt(UINT32));
    say(`CRASH_SEED=${String(seed)}`);
    const random = new SeededRandom(seed);
    const ledger = new Ledger();

    for (let round = 1; round <= ROUNDS; round++) {
      const api = await startApi({ dataDir });
      const contradictions = await survey(api.url, ledger);
      const before = ledger.acknowledged;
      const traffic = new Traffic(api.url, ledger, random).run();
      const lifeMs = random.between(SHORTEST_LIFE_MS, LONGEST_LIFE_MS);
      await Promise.race([sleep(lifeMs), traffic]);
      await api.stop('SIGKILL');
      await traffic;

      const { faults } = readStoredRecords(dataDir);
      say(
        `round ${String(round)}: killed after ${String(lifeMs)} ms, ${String(ledger.acknowledged - before)} changes ` +
          `acknowledged, ${String(ledger.tokens.length)} tokens known`,
      );
      expect([...contradictions, ...faults]).toEqual([]);
    }

    const api = await startApi({ dataDir });
    expect(await survey(api.url, ledger)).toEqual([]);
    expect(await api.stop()).toBe(0);
    const { faults, tokenIds } = readStoredRecords(dataDir);
    expect(faults).toEqual([]);

    const known = new Set(ledger.tokens.map(({ id }) => id));
    const alive = ledger.tokens.filter(({ state }) => state !== 'deleted');
    expect(alive.filter(({ id }) => !tokenIds.has(id))).toEqual([]);
    const unacknowledged = [...tokenIds].filter((id) => !known.has(id)).length;
    say(
      `${String(ledger.acknowledged)} changes acknowledged (${String(ledger.accounts.length)} accounts, ` +
        `${String(ledger.tokens.length)} tokens, of which ${String(alive.length)} are left), all kept; ` +
        `${String(ledger.unanswered)} left without an answer; ${String(unacknowledged)} tokens kept unacknowledged`,
    );
    expect(unacknowledged).toBeLessThanOrEqual(ledger.unanswered);
  });
});

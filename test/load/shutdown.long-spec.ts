import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TokenValidator, TollgateApiError, TollgateClient, TollgateTransportError } from '@tollgate/client';
import { startApi } from '../support/api-process';
import { HalfSentRequest } from './half-sent-request';
import { readStoredRecords } from './stored-records';

const ROUNDS = 5;
const TOKENS = 20;
const CONNECTIONS = 32;
/** Not a whole number of flush intervals, so that counts are waiting when the signal comes. */
const LOAD_MS = 1_700;

interface CountedToken {
  readonly id: string;
  readonly value: string;
  granted: number;
}

/** Validates over and over until the api takes no more. @throws for any failure before `stopping()` */
async function validateUntilRefused(
  validator: TokenValidator,
  tokens: readonly CountedToken[],
  stopping: () => boolean,
): Promise<void> {
  for (let turn = 0; ; turn++) {
    const token = tokens[turn % tokens.length]!;
    try {
      const { valid } = await validator.validate(token.value, { requiredScope: 'storage:read' });
      if (!valid) throw new Error(`token ${token.id} was refused`);
      token.granted += 1;
    } catch (error) {
      const isGone = error instanceof TollgateTransportError && error.failure === 'network';
      const isClosing = error instanceof TollgateApiError && error.status === 503;
      if (stopping() && (isGone || isClosing)) return;
      throw error;
    }
  }
}

async function untilRefusesConnections(url: string): Promise<void> {
  for (;;) {
    try {
      await fetch(`${url}/health`, { headers: { connection: 'close' } });
      await sleep(5);
    } catch {
      return;
    }
  }
}

describe('the api under SIGTERM', () => {
  let dataDir: string;
  beforeAll(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'tollgate-shutdown-'));
  });
  afterAll(() => {
    rmSync(dataDir, { recursive: true });
  });

  it('finishes what runs, exits 0 and loses no count, over 5 stops under load', async () => {
    let api = await startApi({ dataDir });
    const open = new TollgateClient({ baseUrl: api.url });
    const account = await open.register({ email: 'stop@example.com', company: 'Load', password: 'long enough' });
    const tenant = (): TollgateClient =>
      new TollgateClient({ baseUrl: api.url, accessKey: account.access_key, secretKey: account.secret_key });
    const tokens: CountedToken[] = [];
    for (let count = 0; count < TOKENS; count++) {
      const made = await tenant().createToken({ description: 'counted', scope: ['storage:read'] });
      tokens.push({ id: made.token_id, value: made.token, granted: 0 });
    }

    for (let round = 1; round <= ROUNDS; round++) {
      let stopping = false;
      const validator = new TokenValidator({ baseUrl: api.url });
      const load = Array.from({ length: CONNECTIONS }, async (_, index) =>
        validateUntilRefused(validator, [...tokens.slice(index % TOKENS), ...tokens], () => stopping),
      );
      const running = await HalfSentRequest.begin(api.url, tokens[0]!.value);
      await Promise.race([sleep(LOAD_MS), ...load]);
      stopping = true;
      const exited = api.stop('SIGTERM');
      await untilRefusesConnections(api.url);
      const answer = await running.finish();
      expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      expect(answer).toContain('"valid":true');
      tokens[0]!.granted += 1;
      await Promise.all(load);
      expect(await exited).toBe(0);
      expect(readStoredRecords(dataDir).faults).toEqual([]);

      api = await startApi({ dataDir });
      for (const token of tokens) {
        const { total_requests: total, daily_stats: days } = await tenant().tokenStats(token.id);
        expect({ id: token.id, total }).toEqual({ id: token.id, total: token.granted });
        expect(days.reduce((sum, { requests }) => sum + requests, 0)).toBe(token.granted);
      }
      const granted = tokens.reduce((sum, token) => sum + token.granted, 0);
      process.stderr.write(`stop ${String(round)}: ${String(granted)} validations granted so far, all counted\n`);
    }
    await api.stop();
  });
});

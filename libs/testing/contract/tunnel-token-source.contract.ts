import { setTimeout as pause } from 'node:timers/promises';
import { newTunnelTokenValue, type TunnelTokenChange } from '@tollgate/tunnel-tokens';
import { buildTunnelTokenDocument, type TunnelTokensSetup, useTunnelTokens } from './tunnel-tokens-under-test';

/** Within which another process's change must be there. */
const SEEN_MS = 200;
/** Room for a busy machine. */
const GRACE_MS = 1_800;
const MANY = 10_000;
const MANY_START_MS = 10_000;
/** Tokens that are read in one turn of the event loop. */
const MOST_AT_ONCE = 250;

/**
 * What every driver of the source must pass that can be written to.
 * @param name the driver, for the names of the cases
 */
export function tunnelTokenSourceContract(name: string, setup: TunnelTokensSetup): void {
  describe(`${name}: TenantTokenSource`, () => {
    const opened = useTunnelTokens(setup);

    async function put(document: ReturnType<typeof buildTunnelTokenDocument>): Promise<void> {
      await opened().putByHand({ [document.token]: JSON.stringify(document) });
    }

    async function becomes(check: () => void): Promise<void> {
      const deadline = performance.now() + SEEN_MS + GRACE_MS;
      for (;;) {
        try {
          check();
          return;
        } catch (error) {
          if (performance.now() > deadline) throw error;
        }
        await pause(5);
      }
    }

    it('tells of a token that appears, changes and goes, with what it was', async () => {
      const { source } = opened();
      const document = buildTunnelTokenDocument({ description: 'first' });
      const told: TunnelTokenChange[] = [];
      const end = source.onChange((change) => {
        if (change.token.token === document.token) told.push(change);
      });

      await put(document);
      await becomes(() => {
        expect(source.tokens.get(document.token)).toMatchObject({ id: document['id'], description: 'first' });
      });
      await put({ ...document, description: 'second' });
      await becomes(() => {
        expect(source.tokens.get(document.token)).toMatchObject({ description: 'second' });
      });
      await opened().deleteByHand(document.token);
      await becomes(() => {
        expect(source.tokens.has(document.token)).toBe(false);
      });
      end();

      expect(told).toMatchObject([
        { kind: 'put', token: { description: 'first' } },
        { kind: 'put', token: { description: 'second' }, before: { description: 'first' } },
        { kind: 'delete', token: { description: 'second' } },
      ]);
      expect(told[0]).not.toHaveProperty('before');
    });

    it('keeps the last good value while the new one can not be read, and says so once without the token', async () => {
      const { source, warnings } = opened();
      const document = buildTunnelTokenDocument();
      const marker = buildTunnelTokenDocument();
      await put(document);
      await becomes(() => {
        expect(source.tokens.has(document.token)).toBe(true);
      });
      await opened().putByHand({ [document.token]: '{"token":' });
      await put(marker);
      await becomes(() => {
        expect(source.tokens.has(marker.token)).toBe(true);
      });

      expect(source.tokens.get(document.token)).toMatchObject({ enabled: true });
      const about = warnings.filter((message) => message.includes('stays in force'));
      expect(about).toHaveLength(1);
      expect(warnings.join('\n')).not.toContain(document.token.slice(0, 12));

      await put({ ...document, enabled: false });
      await becomes(() => {
        expect(source.tokens.get(document.token)).toMatchObject({ enabled: false });
      });
      await opened().putByHand({ [document.token]: 'garbage again' });
      await opened().deleteByHand(document.token);
      await becomes(() => {
        expect(source.tokens.has(document.token)).toBe(false);
      });
    });

    it('skips a value that was never good, and takes it when it is', async () => {
      const { source } = opened();
      const document = buildTunnelTokenDocument();
      const marker = buildTunnelTokenDocument();
      await opened().putByHand({ [document.token]: '[]' });
      await put(marker);
      await becomes(() => {
        expect(source.tokens.has(marker.token)).toBe(true);
      });
      expect(source.tokens.has(document.token)).toBe(false);

      await put(document);
      await becomes(() => {
        expect(source.tokens.has(document.token)).toBe(true);
      });
    });

    it('knows what was there before it started, and tells those who listened of it', async () => {
      const document = buildTunnelTokenDocument();
      await put(document);
      const { source } = await opened().openAnother();
      const told: string[] = [];
      source.onChange(({ kind, token }) => told.push(`${kind} ${token.token}`));
      expect(source.state).toBe('starting');
      await source.start();

      expect(source.state).toBe('live');
      expect(source.tokens.get(document.token)).toMatchObject({ id: document['id'] });
      expect(told).toContain(`put ${document.token}`);
      await source.close();
    });

    it('goes on when a listener fails', async () => {
      const { source } = opened();
      const document = buildTunnelTokenDocument();
      const told: string[] = [];
      const ends = [
        source.onChange(() => {
          throw new Error('a listener failed');
        }),
        source.onChange(({ token }) => told.push(token.token)),
      ];
      await put(document);
      await becomes(() => {
        expect(told).toContain(document.token);
      });
      for (const end of ends) end();
    });

    it(`starts with ${String(MANY)} tokens, giving others their turn, and then hears of changes`, async () => {
      const values = Array.from({ length: MANY }, newTunnelTokenValue);
      const entries = values.map((token) => [token, JSON.stringify(buildTunnelTokenDocument({ token }))] as const);
      await opened().putByHand(Object.fromEntries(entries));
      const { source } = await opened().openAnother();

      let turns = 0;
      let starting = true;
      const countTurn = (): void => {
        turns += 1;
        if (starting) setImmediate(countTurn);
      };
      setImmediate(countTurn);
      const from = performance.now();
      await source.start();
      starting = false;
      expect(performance.now() - from).toBeLessThan(MANY_START_MS);
      expect(turns).toBeGreaterThan(MANY / MOST_AT_ONCE);
      expect(values.every((value) => source.tokens.has(value))).toBe(true);

      const late = buildTunnelTokenDocument();
      await put(late);
      await becomes(() => {
        expect(source.tokens.has(late.token)).toBe(true);
      });
      await source.close();
    }, 60_000);
  });
}

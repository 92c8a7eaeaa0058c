import { type Account, type AuditRecord, type Change, newAccountId, type Token } from '@tollgate/domain';
import { buildAccount, buildCredentials } from '../factories/build-account';
import { buildAuditRecord } from '../factories/build-audit-record';
import { buildToken } from '../factories/build-token';
import { TEST_EPOCH_MS } from '../fake-clock';
import { changeFeedAcrossProcessesContract } from './change-feed-across-processes.contract';
import { type StoreSetup, useStore } from './store-under-test';

const LATER = new Date(TEST_EPOCH_MS + 60_000);

/** What every {@link ChangeFeed} guarantees. */
export function changeFeedContract(name: string, setup: StoreSetup): void {
  describe(`${name}: ChangeFeed`, () => {
    const store = useStore(setup);

    async function storedAccount(overrides: Parameters<typeof buildAccount>[0] = {}): Promise<Account> {
      const account = buildAccount(overrides);
      await store().accounts.insert(account, buildAuditRecord({ accountId: account.id }));
      return account;
    }

    async function storedToken(overrides: Partial<Token> = {}): Promise<Token> {
      const token = buildToken({ accountId: newAccountId(), ...overrides });
      await store().tokens.insert(token, buildAuditRecord({ accountId: token.accountId }));
      return token;
    }

    /** What was told up to the very moment at which the write was acknowledged. */
    async function toldDuring(write: () => Promise<unknown>): Promise<readonly Change[]> {
      const told: Change[] = [];
      const unsubscribe = store().changes.subscribe((change) => told.push(change));
      let toldAtAcknowledgement: readonly Change[] = [];
      await write().then(() => {
        toldAtAcknowledgement = [...told];
      });
      unsubscribe();
      return toldAtAcknowledgement;
    }

    const ofToken = (token: Token): Change => ({ kind: 'token', tokenHash: token.hash.toString('hex') });
    const ofAccount = (accountId: string): Change => ({ kind: 'account', accountId });
    const audit = (): AuditRecord => buildAuditRecord({ accountId: newAccountId() });

    describe('tells of its own writes before they are acknowledged', () => {
      it('a new token, because its absence may be cached', async () => {
        const token = buildToken({ accountId: newAccountId() });
        expect(await toldDuring(() => store().tokens.insert(token, audit()))).toContainEqual(ofToken(token));
      });

      it('an imported token', async () => {
        const token = buildToken({ accountId: newAccountId() });
        expect(await toldDuring(() => store().imports.importToken(token, []))).toContainEqual(ofToken(token));
      });

      it('a token switched on or off', async () => {
        const token = await storedToken();
        const write = async (): Promise<unknown> =>
          store().tokens.setActive(token.accountId, token.id, false, LATER, audit());
        expect(await toldDuring(write)).toContainEqual(ofToken(token));
      });

      it('a token whose scopes or limits change', async () => {
        const token = await storedToken();
        const write = async (): Promise<unknown> =>
          store().tokens.update(token.accountId, token.id, { scopes: [] }, LATER, audit());
        expect(await toldDuring(write)).toContainEqual(ofToken(token));
      });

      it('a deleted token', async () => {
        const token = await storedToken();
        const write = async (): Promise<unknown> => store().tokens.delete(token.accountId, token.id, audit());
        expect(await toldDuring(write)).toContainEqual(ofToken(token));
      });

      it('purged tokens', async () => {
        const purgeAt = new Date('2001-01-01T00:00:00.000Z');
        const first = await storedToken({ purgeAt });
        const second = await storedToken({ purgeAt });
        const told = await toldDuring(() => store().tokens.purge(purgeAt, 10));
        expect(told).toContainEqual(ofToken(first));
        expect(told).toContainEqual(ofToken(second));
      });

      it('the status of an account', async () => {
        const { id } = await storedAccount();
        const write = async (): Promise<unknown> => store().accounts.setStatus(id, 'suspended', LATER, audit());
        expect(await toldDuring(write)).toContainEqual(ofAccount(id));
      });

      it('the limits of an account', async () => {
        const { id } = await storedAccount();
        const write = async (): Promise<unknown> =>
          store().accounts.setRateLimit(id, { requestsPerMinute: 1 }, LATER, audit());
        expect(await toldDuring(write)).toContainEqual(ofAccount(id));
      });

      it('the validation log of an account', async () => {
        const { id } = await storedAccount();
        const write = async (): Promise<unknown> =>
          store().accounts.setValidationLog(id, { retentionMs: 1000 }, LATER, audit());
        expect(await toldDuring(write)).toContainEqual(ofAccount(id));
      });

      it('a new SecretKey of an account', async () => {
        const { id } = await storedAccount();
        const write = async (): Promise<unknown> =>
          store().accounts.replaceSecret(id, buildCredentials(), LATER, audit());
        expect(await toldDuring(write)).toContainEqual(ofAccount(id));
      });

      it('a status that the external directory changed', async () => {
        const account = buildAccount({ origin: 'directory', credentials: undefined });
        await store().accounts.upsertFromDirectory(account);
        const write = async (): Promise<unknown> =>
          store().accounts.upsertFromDirectory({ ...account, status: 'suspended', updatedAt: LATER });
        expect(await toldDuring(write)).toContainEqual(ofAccount(account.id));
      });
    });

    it('tells every subscriber, until it unsubscribes', async () => {
      const first: Change[] = [];
      const second: Change[] = [];
      const endFirst = store().changes.subscribe((change) => first.push(change));
      const endSecond = store().changes.subscribe((change) => second.push(change));

      const early = await storedToken();
      endFirst();
      endFirst();
      const late = await storedToken();
      endSecond();

      expect(first).toContainEqual(ofToken(early));
      expect(first).not.toContainEqual(ofToken(late));
      expect(second).toContainEqual(ofToken(early));
      expect(second).toContainEqual(ofToken(late));
    });

    it('acknowledges a write although a subscriber throws, and still tells the others', async () => {
      const told: Change[] = [];
      const endBroken = store().changes.subscribe(() => {
        throw new Error('a broken subscriber');
      });
      const end = store().changes.subscribe((change) => told.push(change));

      const token = await storedToken();
      endBroken();
      end();

      expect(told).toContainEqual(ofToken(token));
    });

    changeFeedAcrossProcessesContract(store);
  });
}

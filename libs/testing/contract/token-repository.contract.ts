import { type Account, type AuditRecord, newAccountId, newTokenId, type Token } from '@tollgate/domain';
import { buildAccount } from '../factories/build-account';
import { buildAuditRecord } from '../factories/build-audit-record';
import { buildToken } from '../factories/build-token';
import { TEST_EPOCH_MS } from '../fake-clock';
import { auditTrail, type StoreSetup, useStore } from './store-under-test';
import { tokenListContract } from './token-list.contract';
import { tokenPurgeContract } from './token-purge.contract';
import { tokenUpdateContract } from './token-update.contract';

const LATER = new Date(TEST_EPOCH_MS + 60_000);

/** What every {@link TokenRepository} guarantees, except for usage: that is `tokenUsageContract`. */
export function tokenRepositoryContract(name: string, setup: StoreSetup): void {
  describe(`${name}: TokenRepository`, () => {
    const store = useStore(setup);

    async function storedAccount(overrides: Parameters<typeof buildAccount>[0] = {}): Promise<Account> {
      const account = buildAccount(overrides);
      await store().accounts.insert(account, buildAuditRecord({ accountId: account.id, action: 'register_account' }));
      return account;
    }

    async function stored(overrides: Parameters<typeof buildToken>[0]): Promise<Token> {
      const token = buildToken(overrides);
      await store().tokens.insert(token, buildAuditRecord({ accountId: token.accountId, resourceId: token.id }));
      return token;
    }

    describe('insert', () => {
      it('keeps every field', async () => {
        const account = await storedAccount();
        const token = await stored({
          accountId: account.id,
          description: `it's "ünïcode" 🔑 \\ %_ \u{0007}`,
          scopes: ['storage:*', 'a:b', '*'],
          rateLimit: { requestsPerMinute: 1, requestsPerHour: 2, requestsPerDay: 3 },
          subAccount: { iuid: '8675309', iamAlias: `o'neill` },
          isActive: false,
          createdAt: new Date(TEST_EPOCH_MS + 7),
          expiresAt: new Date('2027-01-01T00:00:00.001Z'),
          purgeAt: new Date('2027-01-31T00:00:00.001Z'),
          totalRequests: 12,
          lastUsedAt: LATER,
        });

        expect(await store().tokens.findById(account.id, token.id)).toStrictEqual(token);
      });

      it('leaves fields that were not given absent, not null', async () => {
        const account = await storedAccount();
        const plain = await stored({ accountId: account.id, scopes: [] });
        const sub = await stored({ accountId: account.id, subAccount: { iuid: '1' } });

        expect(await store().tokens.findById(account.id, plain.id)).toStrictEqual(plain);
        expect(await store().tokens.findById(account.id, sub.id)).toStrictEqual(sub);
      });

      it('keeps the audit record with the token', async () => {
        const account = await storedAccount();
        const token = buildToken({ accountId: account.id });
        const audit = buildAuditRecord({ accountId: account.id, resourceId: token.id });
        await store().tokens.insert(token, audit);

        expect(await auditTrail(store(), account.id, { resourceId: token.id })).toStrictEqual([audit]);
      });

      it.each([
        ['id', (taken: Token) => buildToken({ accountId: taken.accountId, id: taken.id })],
        ['token', (taken: Token) => buildToken({ accountId: taken.accountId, hash: taken.hash })],
      ])('refuses a taken %s, also of another account, and then audits nothing', async (field, build) => {
        const account = await storedAccount();
        const other = await storedAccount();
        const taken = await stored({ accountId: account.id });

        for (const accountId of [account.id, other.id]) {
          const rival = { ...build(taken), accountId };
          const refused = buildAuditRecord({ accountId, action: 'update_token', resourceId: rival.id });
          await expect(store().tokens.insert(rival, refused)).rejects.toMatchObject({ name: 'DuplicateError', field });
          expect(await auditTrail(store(), accountId, { action: 'update_token' })).toStrictEqual([]);
        }
        expect(await store().tokens.findById(account.id, taken.id)).toStrictEqual(taken);
      });

      it('takes many at once', async () => {
        const account = await storedAccount();
        const tokens = await Promise.all(Array.from({ length: 100 }, () => stored({ accountId: account.id })));

        const page = await store().tokens.list(account.id, {}, { limit: 1000, offset: 0 });
        expect(page.items.map((token) => token.id)).toStrictEqual(tokens.map((token) => token.id).sort());
        expect(await auditTrail(store(), account.id, { action: 'create_token' })).toHaveLength(100);
      });
    });

    describe('findCredentialByHash', () => {
      it('answers token and account in one step', async () => {
        const rateLimit = { requestsPerMinute: 9 };
        const account = await storedAccount({ rateLimit, qiniuUid: 4711 });
        const token = await stored({ accountId: account.id, rateLimit: { requestsPerDay: 8 } });

        expect(await store().tokens.findCredentialByHash(token.hash)).toStrictEqual({
          token,
          account: { status: 'active', rateLimit, qiniuUid: 4711 },
        });
      });

      it('follows the status of the account and leaves absent what it has not', async () => {
        const account = await storedAccount();
        const token = await stored({ accountId: account.id });
        const audit = buildAuditRecord({ accountId: account.id, action: 'suspend_account' });
        await store().accounts.setStatus(account.id, 'suspended', LATER, audit);

        expect(await store().tokens.findCredentialByHash(token.hash)).toStrictEqual({
          token,
          account: { status: 'suspended' },
        });
      });

      it('tells of the validation log of the account while it is on', async () => {
        const validationLog = { retentionMs: 3_600_000 };
        const account = await storedAccount({ validationLog });
        const token = await stored({ accountId: account.id });
        expect((await store().tokens.findCredentialByHash(token.hash))?.account).toStrictEqual({
          status: 'active',
          validationLog,
        });

        const audit = (): AuditRecord => buildAuditRecord({ accountId: account.id, action: 'update_validation_log' });
        await store().accounts.setValidationLog(account.id, undefined, LATER, audit());
        expect((await store().tokens.findCredentialByHash(token.hash))?.account).toStrictEqual({ status: 'active' });
        await store().accounts.setValidationLog(account.id, { retentionMs: 5 }, LATER, audit());
        expect((await store().tokens.findCredentialByHash(token.hash))?.account.validationLog).toStrictEqual({
          retentionMs: 5,
        });
      });

      it('answers inactive and expired tokens too, for the caller to judge', async () => {
        const account = await storedAccount();
        const token = await stored({ accountId: account.id, isActive: false, expiresAt: new Date(0) });

        expect((await store().tokens.findCredentialByHash(token.hash))?.token).toStrictEqual(token);
      });

      it('knows nothing of a hash never stored, nor of a token whose account is gone', async () => {
        const orphan = await stored({ accountId: newAccountId() });

        expect(await store().tokens.findCredentialByHash(orphan.hash)).toBeUndefined();
        expect(await store().tokens.findCredentialByHash(Buffer.alloc(32))).toBeUndefined();
      });
    });

    describe('setActive', () => {
      it('answers the token as changed and keeps its audit record', async () => {
        const account = await storedAccount();
        const token = await stored({ accountId: account.id });
        const audit = buildAuditRecord({ accountId: account.id, action: 'update_token', resourceId: token.id });

        const changed = await store().tokens.setActive(account.id, token.id, false, LATER, audit);

        expect(changed).toStrictEqual({ ...token, isActive: false, updatedAt: LATER });
        expect(await store().tokens.findById(account.id, token.id)).toStrictEqual(changed);
        expect(await auditTrail(store(), account.id, { action: 'update_token' })).toStrictEqual([audit]);
      });
    });

    describe('delete', () => {
      it('removes the token and keeps its audit record', async () => {
        const account = await storedAccount();
        const token = await stored({ accountId: account.id });
        const audit = buildAuditRecord({ accountId: account.id, action: 'delete_token', resourceId: token.id });

        expect(await store().tokens.delete(account.id, token.id, audit)).toBe(true);
        expect(await store().tokens.findById(account.id, token.id)).toBeUndefined();
        expect(await store().tokens.findCredentialByHash(token.hash)).toBeUndefined();
        expect(await auditTrail(store(), account.id, { action: 'delete_token' })).toStrictEqual([audit]);
      });

      it('tells exactly one of 50 parallel callers true and audits once', async () => {
        const account = await storedAccount();
        const token = await stored({ accountId: account.id });

        const told = await Promise.all(
          Array.from({ length: 50 }, () =>
            store().tokens.delete(
              account.id,
              token.id,
              buildAuditRecord({ accountId: account.id, action: 'delete_token', resourceId: token.id }),
            ),
          ),
        );

        expect(told.filter(Boolean)).toHaveLength(1);
        expect(await auditTrail(store(), account.id, { action: 'delete_token' })).toHaveLength(1);
      });
    });

    it(`answers another account's token exactly like one that does not exist, and audits nothing`, async () => {
      const owner = await storedAccount();
      const stranger = await storedAccount();
      const token = await stored({ accountId: owner.id });

      for (const tokenId of [token.id, newTokenId(), `' OR '1'='1`]) {
        const audit = (): AuditRecord =>
          buildAuditRecord({ accountId: stranger.id, action: 'update_token', resourceId: tokenId });
        expect(await store().tokens.findById(stranger.id, tokenId)).toBeUndefined();
        expect(await store().tokens.setActive(stranger.id, tokenId, false, LATER, audit())).toBeUndefined();
        expect(await store().tokens.delete(stranger.id, tokenId, audit())).toBe(false);
        const changes = { description: 'taken over', rateLimit: null };
        expect(await store().tokens.update(stranger.id, tokenId, changes, LATER, audit())).toBeUndefined();
      }
      expect(await auditTrail(store(), stranger.id, { action: 'update_token' })).toStrictEqual([]);
      expect(await store().tokens.findById(owner.id, token.id)).toStrictEqual(token);
    });

    tokenUpdateContract(store);
    tokenListContract(store);
    tokenPurgeContract(store);
  });
}

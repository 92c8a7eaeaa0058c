import { type Account, randomHex } from '@tollgate/domain';
import { buildAccount } from '../factories/build-account';
import { buildAuditRecord } from '../factories/build-audit-record';
import { TEST_EPOCH_MS } from '../fake-clock';
import { auditTrail, type StoreUnderTest } from './store-under-test';

const LATER = new Date(TEST_EPOCH_MS + 60_000);

/** Part of the AccountRepository suite: shadows of accounts that an external directory owns. */
export function accountDirectoryContract(store: () => StoreUnderTest): void {
  const shadow = (overrides: Parameters<typeof buildAccount>[0] = {}): Account =>
    buildAccount({ origin: 'directory', passwordHash: undefined, credentials: undefined, ...overrides });

  describe('upsertFromDirectory', () => {
    it('inserts an account it does not know, without an audit record', async () => {
      const account = shadow();
      await store().accounts.upsertFromDirectory(account);

      expect(await store().accounts.findById(account.id)).toStrictEqual(account);
      expect(await auditTrail(store(), account.id)).toStrictEqual([]);
    });

    it('updates email, status and updatedAt of one it knows, and nothing else', async () => {
      const account = shadow({ rateLimit: { requestsPerDay: 3 } });
      await store().accounts.upsertFromDirectory(account);
      const email = `moved-${randomHex(8)}@example.com`;

      await store().accounts.upsertFromDirectory({
        ...shadow({ id: account.id, email, status: 'suspended', company: 'Other Ltd', createdAt: LATER }),
        updatedAt: LATER,
      });

      expect(await store().accounts.findById(account.id)).toStrictEqual({
        ...account,
        email,
        status: 'suspended',
        updatedAt: LATER,
      });
    });

    it('leaves an account alone whose email and status are as they were', async () => {
      const account = shadow();
      await store().accounts.upsertFromDirectory(account);
      await store().accounts.upsertFromDirectory({ ...account, updatedAt: LATER });

      expect(await store().accounts.findById(account.id)).toStrictEqual(account);
    });

    it('never touches an account of origin local', async () => {
      const account = buildAccount();
      await store().accounts.insert(account, buildAuditRecord({ accountId: account.id }));
      await store().accounts.upsertFromDirectory(shadow({ id: account.id, status: 'suspended', updatedAt: LATER }));

      expect(await store().accounts.findById(account.id)).toStrictEqual(account);
    });

    it('refuses an email that another account holds', async () => {
      const owner = buildAccount();
      await store().accounts.insert(owner, buildAuditRecord({ accountId: owner.id }));
      const rival = shadow({ email: owner.email });

      await expect(store().accounts.upsertFromDirectory(rival)).rejects.toMatchObject({
        name: 'DuplicateError',
        field: 'email',
      });
      expect(await store().accounts.findById(rival.id)).toBeUndefined();
    });

    it('makes one account of 20 parallel first sights', async () => {
      const account = shadow();
      await Promise.all(Array.from({ length: 20 }, () => store().accounts.upsertFromDirectory(account)));

      expect(await store().accounts.findById(account.id)).toStrictEqual(account);
    });
  });
}

import { type Account, type AuditRecord, newAccountId } from '@tollgate/domain';
import { buildAccount, buildCredentials } from '../factories/build-account';
import { buildAuditRecord } from '../factories/build-audit-record';
import { TEST_EPOCH_MS } from '../fake-clock';
import { auditTrail, type StoreUnderTest } from './store-under-test';

const LATER = new Date(TEST_EPOCH_MS + 60_000);

/** Part of the AccountRepository suite: what changes a stored account. */
export function accountChangesContract(store: () => StoreUnderTest): void {
  async function stored(overrides: Parameters<typeof buildAccount>[0] = {}): Promise<Account> {
    const account = buildAccount(overrides);
    await store().accounts.insert(account, buildAuditRecord({ accountId: account.id, action: 'register_account' }));
    return account;
  }

  describe('a change', () => {
    it('setStatus answers the account as changed and keeps its audit record', async () => {
      const account = await stored();
      const audit = buildAuditRecord({ accountId: account.id, action: 'suspend_account', timestamp: LATER });

      const changed = await store().accounts.setStatus(account.id, 'suspended', LATER, audit);

      const expected = { ...account, status: 'suspended', updatedAt: LATER };
      expect(changed).toStrictEqual(expected);
      expect(await store().accounts.findById(account.id)).toStrictEqual(expected);
      expect(await auditTrail(store(), account.id, { action: 'suspend_account' })).toStrictEqual([audit]);
    });

    it('setRateLimit sets the limits and takes them away again', async () => {
      const account = await stored();
      const rateLimit = { requestsPerHour: 7 };
      const first = buildAuditRecord({ accountId: account.id, action: 'update_account_rate_limit' });
      const second = buildAuditRecord({ accountId: account.id, action: 'update_account_rate_limit' });

      const limited = await store().accounts.setRateLimit(account.id, rateLimit, LATER, first);
      expect(limited).toStrictEqual({ ...account, rateLimit, updatedAt: LATER });

      const unlimited = await store().accounts.setRateLimit(account.id, undefined, LATER, second);
      expect(unlimited).toStrictEqual({ ...account, updatedAt: LATER });
      expect(await store().accounts.findById(account.id)).toStrictEqual({ ...account, updatedAt: LATER });
      expect(await auditTrail(store(), account.id, { action: 'update_account_rate_limit' })).toHaveLength(2);
    });

    it('setValidationLog switches the log on and off again', async () => {
      const account = await stored();
      const validationLog = { retentionMs: 7 * 86_400_000 };
      const first = buildAuditRecord({ accountId: account.id, action: 'update_validation_log', timestamp: LATER });
      const second = buildAuditRecord({ accountId: account.id, action: 'update_validation_log' });

      const on = await store().accounts.setValidationLog(account.id, validationLog, LATER, first);
      expect(on).toStrictEqual({ ...account, validationLog, updatedAt: LATER });
      expect(await store().accounts.findById(account.id)).toStrictEqual(on);

      const off = await store().accounts.setValidationLog(account.id, undefined, LATER, second);
      expect(off).toStrictEqual({ ...account, updatedAt: LATER });
      expect(await store().accounts.findById(account.id)).toStrictEqual(off);
      const trail = await auditTrail(store(), account.id, { action: 'update_validation_log' });
      expect(trail).toStrictEqual([first, second]);
    });

    it('replaceSecret replaces the secret and keeps the AccessKey', async () => {
      const account = await stored();
      const fresh = buildCredentials('k2');
      const audit = buildAuditRecord({ accountId: account.id, action: 'regenerate_secret_key' });

      const changed = await store().accounts.replaceSecret(
        account.id,
        { secretSealed: fresh.secretSealed, secretHash: fresh.secretHash },
        LATER,
        audit,
      );

      const credentials = { ...fresh, accessKey: account.credentials?.accessKey };
      expect(changed).toStrictEqual({ ...account, credentials, updatedAt: LATER });
      expect(await store().accounts.findById(account.id)).toStrictEqual(changed);
      expect(await auditTrail(store(), account.id, { action: 'regenerate_secret_key' })).toStrictEqual([audit]);
    });

    it('of an account without credentials gives it no SecretKey and audits nothing', async () => {
      const account = await stored({ credentials: undefined });
      const { secretSealed, secretHash } = buildCredentials();
      const audit = buildAuditRecord({ accountId: account.id, action: 'regenerate_secret_key' });

      expect(
        await store().accounts.replaceSecret(account.id, { secretSealed, secretHash }, LATER, audit),
      ).toBeUndefined();
      expect(await store().accounts.findById(account.id)).toStrictEqual(account);
      expect(await auditTrail(store(), account.id, { action: 'regenerate_secret_key' })).toStrictEqual([]);
    });

    it('of an account that does not exist answers undefined and audits nothing', async () => {
      const missing = newAccountId();
      const { secretSealed, secretHash } = buildCredentials();
      const audit = (): AuditRecord => buildAuditRecord({ accountId: missing });

      expect(await store().accounts.setStatus(missing, 'suspended', LATER, audit())).toBeUndefined();
      expect(await store().accounts.setRateLimit(missing, {}, LATER, audit())).toBeUndefined();
      expect(await store().accounts.setValidationLog(missing, { retentionMs: 1 }, LATER, audit())).toBeUndefined();
      expect(
        await store().accounts.replaceSecret(missing, { secretSealed, secretHash }, LATER, audit()),
      ).toBeUndefined();
      expect(await auditTrail(store(), missing)).toStrictEqual([]);
    });

    it('answers each caller with an account of its own, so that what one does to it never shows elsewhere', async () => {
      const account = await stored({ rateLimit: { requestsPerMinute: 1 } });
      const first = await store().accounts.findById(account.id);
      if (first !== undefined) Object.assign(first, { company: 'changed by a caller' });

      expect(await store().accounts.findById(account.id)).toStrictEqual(account);
    });
  });

  describe('reseal', () => {
    it('swaps the sealed form and nothing else', async () => {
      const account = await stored();
      const credentials = account.credentials ?? buildCredentials();
      const to = buildCredentials('k2').secretSealed;

      expect(await store().accounts.reseal(account.id, credentials.secretSealed, to)).toBe(true);
      expect(await store().accounts.findById(account.id)).toStrictEqual({
        ...account,
        credentials: { ...credentials, secretSealed: to },
      });
    });

    it('does nothing when the secret changed meanwhile', async () => {
      const account = await stored();
      const stale = buildCredentials().secretSealed;

      expect(await store().accounts.reseal(account.id, stale, buildCredentials('k2').secretSealed)).toBe(false);
      expect(await store().accounts.findById(account.id)).toStrictEqual(account);
    });

    it('answers false for an account that does not exist', async () => {
      const { secretSealed } = buildCredentials();
      expect(await store().accounts.reseal(newAccountId(), secretSealed, secretSealed)).toBe(false);
    });

    it('lets exactly one of 20 parallel swaps succeed', async () => {
      const account = await stored();
      const from = (account.credentials ?? buildCredentials()).secretSealed;

      const swapped = await Promise.all(
        Array.from({ length: 20 }, () =>
          store().accounts.reseal(account.id, from, buildCredentials('k2').secretSealed),
        ),
      );

      expect(swapped.filter(Boolean)).toHaveLength(1);
    });
  });
}

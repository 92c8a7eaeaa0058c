import { DuplicateError, newAccountId, newAuditId, randomHex } from '@tollgate/domain';
import { buildAccount, buildCredentials } from '../factories/build-account';
import { buildAuditRecord } from '../factories/build-audit-record';
import { accountChangesContract } from './account-changes.contract';
import { accountDirectoryContract } from './account-directory.contract';
import { accountOperatorContract } from './account-operator.contract';
import { auditTrail, type StoreSetup, useStore } from './store-under-test';

const PARALLEL_REGISTRATIONS = 200;

/** What every {@link AccountRepository} guarantees. */
export function accountRepositoryContract(name: string, setup: StoreSetup): void {
  describe(`${name}: AccountRepository`, () => {
    const store = useStore(setup);

    describe('insert', () => {
      it('keeps every field, found by id, email and AccessKey', async () => {
        const account = buildAccount({
          company: `O'Brien "& Söhne" 株式会社 🚀 \\ %_`,
          rateLimit: { requestsPerMinute: 5, requestsPerDay: 1_000_000 },
          qiniuUid: 4_294_967_295,
          validationLog: { retentionMs: 400 * 86_400_000 },
          createdAt: new Date('2026-01-04T10:00:00.123Z'),
        });
        const accessKey = account.credentials?.accessKey ?? '';
        await store().accounts.insert(account, buildAuditRecord({ accountId: account.id }));

        expect(await store().accounts.findById(account.id)).toStrictEqual(account);
        expect(await store().accounts.findByEmail(account.email ?? '')).toStrictEqual(account);
        expect(await store().accounts.findByAccessKey(accessKey)).toStrictEqual(account);
        expect(await store().accounts.findByQiniuUid(4_294_967_295)).toStrictEqual(account);
      });

      it('leaves fields that were not given absent, not null', async () => {
        const account = buildAccount({ email: undefined, passwordHash: undefined, credentials: undefined });
        await store().accounts.insert(account, buildAuditRecord({ accountId: account.id }));

        expect(await store().accounts.findById(account.id)).toStrictEqual(account);
      });

      it('takes any number of accounts without email, credentials or Qiniu uid', async () => {
        for (let count = 0; count < 2; count++) {
          const account = buildAccount({ email: undefined, credentials: undefined });
          await store().accounts.insert(account, buildAuditRecord({ accountId: account.id }));
        }
      });

      it('keeps the audit record with the account', async () => {
        const account = buildAccount();
        const audit = buildAuditRecord({
          accountId: account.id,
          action: 'register_account',
          requestData: { company: `it's "quoted" ✓`, nested: { list: [1, 'two', null] } },
        });
        await store().accounts.insert(account, audit);

        expect(await auditTrail(store(), account.id)).toStrictEqual([audit]);
      });

      it.each([
        ['id', (taken: ReturnType<typeof buildAccount>) => buildAccount({ id: taken.id })],
        ['email', (taken: ReturnType<typeof buildAccount>) => buildAccount({ email: taken.email })],
        ['access_key', (taken: ReturnType<typeof buildAccount>) => buildAccount({ credentials: taken.credentials })],
        ['qiniu_uid', (taken: ReturnType<typeof buildAccount>) => buildAccount({ qiniuUid: taken.qiniuUid })],
      ])('refuses a taken %s and then keeps neither account nor audit record', async (field, build) => {
        const taken = buildAccount({ qiniuUid: Number.parseInt(randomHex(4), 16) });
        await store().accounts.insert(taken, buildAuditRecord({ accountId: taken.id }));
        const rival = build(taken);
        const refused = buildAuditRecord({ accountId: rival.id, id: newAuditId() });

        const failure: unknown = await store()
          .accounts.insert(rival, refused)
          .catch((error: unknown) => error);

        expect(failure).toBeInstanceOf(DuplicateError);
        expect(failure).toMatchObject({ field });
        expect(await store().accounts.findById(taken.id)).toStrictEqual(taken);
        if (rival.id !== taken.id) expect(await store().accounts.findById(rival.id)).toBeUndefined();
        const trail = await auditTrail(store(), rival.id);
        expect(trail.map((record) => record.id)).not.toContain(refused.id);
      });

      it(`lets exactly one of ${String(PARALLEL_REGISTRATIONS)} parallel registrations of one email succeed, with one audit record`, async () => {
        const email = `race-${randomHex(8)}@example.com`;
        const rivals = Array.from({ length: PARALLEL_REGISTRATIONS }, () => buildAccount({ email }));

        const outcomes = await Promise.allSettled(
          rivals.map((rival) =>
            store().accounts.insert(rival, buildAuditRecord({ accountId: rival.id, resourceId: email })),
          ),
        );

        const refusals = outcomes.filter((outcome) => outcome.status === 'rejected');
        expect(refusals).toHaveLength(PARALLEL_REGISTRATIONS - 1);
        for (const refusal of refusals)
          expect(refusal.reason).toMatchObject({ name: 'DuplicateError', field: 'email' });
        await store().settle?.();
        const audits = await store().audits.listAcrossAccounts({ resourceId: email }, { limit: 10, offset: 0 });
        expect(audits.total).toBe(1);
        expect((await store().accounts.findByEmail(email))?.id).toBe(audits.items[0]?.accountId);
      }, 60_000);

      it('compares emails as they are given', async () => {
        const mark = randomHex(8);
        const lower = buildAccount({ email: `case-${mark}@example.com` });
        const upper = buildAccount({ email: `CASE-${mark}@example.com` });
        await store().accounts.insert(lower, buildAuditRecord({ accountId: lower.id }));
        await store().accounts.insert(upper, buildAuditRecord({ accountId: upper.id }));

        expect((await store().accounts.findByEmail(`CASE-${mark}@example.com`))?.id).toBe(upper.id);
      });
    });

    it('finds nothing for what was never stored', async () => {
      const { accounts } = store();
      expect(await accounts.findById(newAccountId())).toBeUndefined();
      expect(await accounts.findByEmail('nobody@example.com')).toBeUndefined();
      expect(await accounts.findByAccessKey(buildCredentials().accessKey)).toBeUndefined();
      expect(await accounts.findByQiniuUid(77)).toBeUndefined();
      expect(await accounts.findById(`' OR 1=1 --`)).toBeUndefined();
    });

    accountChangesContract(store);
    accountDirectoryContract(store);
    accountOperatorContract(store);
  });
}

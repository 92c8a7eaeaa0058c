import { newAccountId, type Token, type UsageBucket } from '@tollgate/domain';
import { buildAccount } from '../factories/build-account';
import { buildAuditRecord } from '../factories/build-audit-record';
import { buildToken } from '../factories/build-token';
import { buildUsage, buildUsageBatch } from '../factories/build-usage';
import { TEST_EPOCH_MS } from '../fake-clock';
import { auditTrail, type StoreSetup, useStore } from './store-under-test';

const LATER = new Date(TEST_EPOCH_MS + 60_000);
const hourOf = (day: string): number => Date.parse(day) / 3_600_000;

/** What every {@link ImportRepository} guarantees. */
export function importRepositoryContract(name: string, setup: StoreSetup): void {
  describe(`${name}: ImportRepository`, () => {
    const store = useStore(setup);

    describe('importAccount', () => {
      it('inserts once, however often it is told, and audits nothing', async () => {
        const account = buildAccount();

        expect(await store().imports.importAccount(account)).toStrictEqual({ kind: 'inserted' });
        expect(await store().imports.importAccount(account)).toStrictEqual({ kind: 'exists' });
        expect(await store().accounts.findById(account.id)).toStrictEqual(account);
        expect(await auditTrail(store(), account.id)).toStrictEqual([]);
      });

      it('leaves alone what changed here since the first import', async () => {
        const account = buildAccount();
        await store().imports.importAccount(account);
        const audit = buildAuditRecord({ accountId: account.id });
        const changed = await store().accounts.setStatus(account.id, 'suspended', LATER, audit);

        expect(await store().imports.importAccount(account)).toStrictEqual({ kind: 'exists' });
        expect(await store().accounts.findById(account.id)).toStrictEqual(changed);
      });

      it('inserts one of 20 parallel imports of the same account', async () => {
        const account = buildAccount();
        const outcomes = await Promise.all(Array.from({ length: 20 }, () => store().imports.importAccount(account)));

        expect(outcomes.filter((outcome) => outcome.kind === 'inserted')).toHaveLength(1);
        expect(outcomes.filter((outcome) => outcome.kind === 'exists')).toHaveLength(19);
      });

      it.each([
        ['id', (taken: ReturnType<typeof buildAccount>) => buildAccount({ id: taken.id })],
        ['email', (taken: ReturnType<typeof buildAccount>) => buildAccount({ email: taken.email })],
        ['access_key', (taken: ReturnType<typeof buildAccount>) => buildAccount({ credentials: taken.credentials })],
        ['qiniu_uid', (taken: ReturnType<typeof buildAccount>) => buildAccount({ qiniuUid: taken.qiniuUid })],
      ])('answers a conflict for another account with a taken %s and touches nothing', async (field, build) => {
        const taken = buildAccount({ qiniuUid: 100 + field.length });
        await store().imports.importAccount(taken);
        const rival = build(taken);

        expect(await store().imports.importAccount(rival)).toStrictEqual({ kind: 'conflict', field });
        expect(await store().accounts.findById(taken.id)).toStrictEqual(taken);
        expect(await store().accounts.findByEmail(rival.email ?? '')).toStrictEqual(
          field === 'email' ? taken : undefined,
        );
      });
    });

    describe('importToken', () => {
      const days = async ({ accountId, id }: Token): Promise<readonly UsageBucket[]> =>
        store().tokens.listUsage(accountId, id, 'day', hourOf('2026-01-01'), hourOf('2026-02-01'));

      it('inserts token, totals and days once, however often it is told', async () => {
        const account = buildAccount();
        await store().imports.importAccount(account);
        const token = buildToken({ accountId: account.id, totalRequests: 30, lastUsedAt: LATER });
        const usage = [
          { day: '2026-01-02', requests: 10 },
          { day: '2026-01-03', requests: 20 },
        ];

        expect(await store().imports.importToken(token, usage)).toStrictEqual({ kind: 'inserted' });
        expect(await store().imports.importToken(token, usage)).toStrictEqual({ kind: 'exists' });
        expect(await store().tokens.findById(account.id, token.id)).toStrictEqual(token);
        expect(await days(token)).toStrictEqual([
          { startHour: hourOf('2026-01-02'), counts: { valid: 10 } },
          { startHour: hourOf('2026-01-03'), counts: { valid: 20 } },
        ]);
        expect(await store().tokens.listUsage(account.id, token.id, 'hour', 0, hourOf('2026-02-01'))).toStrictEqual([]);
        expect((await store().tokens.findCredentialByHash(token.hash))?.token).toStrictEqual(token);
        expect(await auditTrail(store(), account.id)).toStrictEqual([]);
      });

      it('leaves alone what was counted here since the first import', async () => {
        const accountId = newAccountId();
        const token = buildToken({ accountId, totalRequests: 1 });
        await store().imports.importToken(token, [{ day: '2026-01-04', requests: 1 }]);
        await store().tokens.recordUsage(
          buildUsageBatch([buildUsage(token, hourOf('2026-01-04') + 5, { valid: 2, scope: 1 }, LATER)]),
        );

        expect(await store().imports.importToken(token, [{ day: '2026-01-04', requests: 1 }])).toStrictEqual({
          kind: 'exists',
        });
        expect((await store().tokens.findById(accountId, token.id))?.totalRequests).toBe(3);
        expect(await days(token)).toStrictEqual([{ startHour: hourOf('2026-01-04'), counts: { valid: 3, scope: 1 } }]);
      });

      it('answers a conflict for another token with a taken id or value and touches nothing', async () => {
        const token = buildToken({ accountId: newAccountId() });
        await store().imports.importToken(token, []);
        const usage = [{ day: '2026-01-04', requests: 9 }];
        const sameId = buildToken({ accountId: newAccountId(), id: token.id });
        const sameValue = buildToken({ accountId: newAccountId(), hash: token.hash });

        expect(await store().imports.importToken(sameId, usage)).toStrictEqual({ kind: 'conflict', field: 'id' });
        expect(await store().imports.importToken(sameValue, usage)).toStrictEqual({ kind: 'conflict', field: 'token' });
        expect(await store().tokens.findById(token.accountId, token.id)).toStrictEqual(token);
        expect(await store().tokens.findById(sameValue.accountId, sameValue.id)).toBeUndefined();
        expect(await days(token)).toStrictEqual([]);
      });
    });

    describe('importAuditRecord', () => {
      it('inserts once, however often it is told', async () => {
        const record = buildAuditRecord({ accountId: newAccountId(), requestData: { a: 1 } });

        expect(await store().imports.importAuditRecord(record)).toStrictEqual({ kind: 'inserted' });
        expect(await store().imports.importAuditRecord(record)).toStrictEqual({ kind: 'exists' });
        expect(await auditTrail(store(), record.accountId)).toStrictEqual([record]);
      });
    });
  });
}

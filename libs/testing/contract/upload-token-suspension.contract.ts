import { newUploadTokenId, UPLOAD_ADMIN, type UploadTokenInsertOutcome } from '@tollgate/domain';
import { buildAccount } from '../factories/build-account';
import { buildAuditRecord } from '../factories/build-audit-record';
import { buildUploadToken } from '../factories/build-upload-token';
import { TEST_EPOCH_MS } from '../fake-clock';
import { auditTrail, type StoreUnderTest } from './store-under-test';

const AT = new Date(TEST_EPOCH_MS + 60_000);
const PURGE_AT = new Date(TEST_EPOCH_MS + 90_000_000);

const ROUNDS = 25;
const ISSUERS = 4;
/** Of one issuer in one round; enough for the suspension to come between them. */
const MOST_INSERTS = 200;
const RACE_TIMEOUT_MS = 120_000;

/** Part of the UploadTokenRepository suite: a suspended account gets no token, and none survives its suspension. */
export function uploadTokenSuspensionContract(store: () => StoreUnderTest): void {
  async function storedAccount(): Promise<string> {
    const account = buildAccount();
    await store().accounts.insert(account, buildAuditRecord({ accountId: account.id, action: 'register_account' }));
    return account.id;
  }

  const insert = async (
    accountId: string,
    on = store(),
    tokenId: string = newUploadTokenId(),
  ): Promise<UploadTokenInsertOutcome> => {
    const audit = buildAuditRecord({ accountId, action: 'issue_upload_token', resourceId: tokenId });
    return on.uploadTokens.insert(buildUploadToken({ accountId, id: tokenId }), audit);
  };
  const setStatus = async (accountId: string, status: 'active' | 'suspended'): Promise<void> => {
    await store().accounts.setStatus(accountId, status, AT, buildAuditRecord({ accountId, action: 'set_status' }));
  };
  const suspend = async (accountId: string): Promise<void> => {
    await setStatus(accountId, 'suspended');
    await store().uploadTokens.revokeAll(accountId, AT, PURGE_AT);
  };

  describe('insert, and the suspension of its account', () => {
    it('answers inserted for an active account and for the upload administrator', async () => {
      expect(await insert(await storedAccount())).toBe('inserted');
      expect(await insert(UPLOAD_ADMIN)).toBe('inserted');
    });

    it('answers suspended, keeps nothing and audits nothing, when the account is suspended', async () => {
      const accountId = await storedAccount();
      await setStatus(accountId, 'suspended');
      const tokenId = newUploadTokenId();

      expect(await insert(accountId, store(), tokenId)).toBe('suspended');
      expect(await store().uploadTokens.findByIdAcrossAccounts(tokenId)).toBeUndefined();
      expect(await auditTrail(store(), accountId, { resourceId: tokenId })).toStrictEqual([]);

      await setStatus(accountId, 'active');
      expect(await insert(accountId, store(), tokenId)).toBe('inserted');
    });

    it(
      'leaves no open token, however inserts and a suspension come together, and audits what it kept',
      async () => {
        const another = await store().openAnother?.();
        try {
          for (let round = 0; round < ROUNDS; round += 1) {
            const accountId = await storedAccount();
            const issue = async (issuer: number): Promise<UploadTokenInsertOutcome | undefined> => {
              const on = issuer % 2 === 0 ? store() : (another ?? store());
              let outcome: UploadTokenInsertOutcome | undefined;
              for (let count = 0; count < MOST_INSERTS && outcome !== 'suspended'; count += 1) {
                outcome = await insert(accountId, on);
              }
              return outcome;
            };

            const issuing = Promise.all(Array.from({ length: ISSUERS }, async (_, issuer) => issue(issuer)));
            await insert(accountId);
            await suspend(accountId);

            expect(await issuing).toStrictEqual(Array.from({ length: ISSUERS }, () => 'suspended'));
            const kept = await store().uploadTokens.list(accountId, {}, { limit: 1_000, offset: 0 });
            expect(kept.items.filter(({ end }) => end?.reason !== 'revoked')).toStrictEqual([]);
            expect(await auditTrail(store(), accountId, { action: 'issue_upload_token' })).toHaveLength(kept.total);
          }
        } finally {
          await another?.teardown();
        }
      },
      RACE_TIMEOUT_MS,
    );
  });
}

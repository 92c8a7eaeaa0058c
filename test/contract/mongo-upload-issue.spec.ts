import type { AccountStatus, UploadToken, UploadTokenInsertOutcome } from '@tollgate/domain';
import { auditTrail, buildAccount, buildAuditRecord, buildUploadToken } from '@tollgate/testing';
import { insteadOf } from '../support/mongo-faults';
import { describeWithMongo } from '../support/mongo-server';
import { type MongoStoreUnderTest, openMongoStore } from '../support/mongo-store';

const AT = new Date('2026-03-01T00:00:00Z');
const PURGE_AT = new Date('2026-03-02T00:00:00Z');

describeWithMongo('an upload token that is issued on MongoDB while its account is suspended', (mongoForTests) => {
  let store: MongoStoreUnderTest;
  let accountId = '';
  let token: UploadToken;
  beforeEach(async () => {
    store = await openMongoStore(mongoForTests());
    const account = buildAccount();
    accountId = account.id;
    token = buildUploadToken({ accountId });
    await store.accounts.insert(account, buildAuditRecord({ accountId, action: 'register_account' }));
  });
  afterEach(() => store.teardown());

  const setStatus = async (status: AccountStatus): Promise<void> => {
    await store.accounts.setStatus(accountId, status, AT, buildAuditRecord({ accountId, action: status }));
  };
  const insert = async (): Promise<UploadTokenInsertOutcome> =>
    store.uploadTokens.insert(token, buildAuditRecord({ accountId, action: 'issue_upload_token' }));
  const issued = async (): Promise<number> =>
    (await auditTrail(store, accountId, { action: 'issue_upload_token' })).length;

  it('is revoked when the whole suspension comes before its insert', async () => {
    const restore = insteadOf('insertOne', 'upload_tokens', async (write) => {
      await setStatus('suspended');
      expect(await store.uploadTokens.revokeAll(accountId, AT, PURGE_AT)).toBe(0);
      return write();
    });
    expect(await insert()).toBe('suspended');
    restore();

    const kept = await store.uploadTokens.findById(accountId, token.id);
    expect(kept?.end).toStrictEqual({ reason: 'revoked', at: token.createdAt });
    expect(await issued()).toBe(1);
    await setStatus('active');
    expect((await store.uploadTokens.findCredentialByHash(token.hash))?.token.end?.reason).toBe('revoked');
  });

  it('is revoked when its insert comes between the two steps of the suspension', async () => {
    await setStatus('active');
    const restore = insteadOf('insertOne', 'upload_tokens', async (write) => {
      const written = await write();
      await setStatus('suspended');
      return written;
    });
    expect(await insert()).toBe('suspended');
    restore();

    expect(await store.uploadTokens.revokeAll(accountId, AT, PURGE_AT)).toBe(0);
    expect((await store.uploadTokens.findById(accountId, token.id))?.end?.reason).toBe('revoked');
  });

  it('is revoked by the suspension when that begins after its second look at the account', async () => {
    expect(await insert()).toBe('inserted');
    await setStatus('suspended');

    expect(await store.uploadTokens.revokeAll(accountId, AT, PURGE_AT)).toBe(1);
    expect((await store.uploadTokens.findById(accountId, token.id))?.end).toStrictEqual({ reason: 'revoked', at: AT });
  });
});

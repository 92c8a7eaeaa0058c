import type { AuditRecord } from '@tollgate/domain';
import { buildAccount, buildAuditRecord, buildToken } from '@tollgate/testing';
import { mongo } from 'mongoose';
import { describeWithMongo } from '../support/mongo-server';
import { type MongoStoreUnderTest, openMongoStore } from '../support/mongo-store';

const AT = new Date('2026-01-04T11:00:00Z');

/** Where a process dies. The change itself is written in every case. */
const CRASH_POINTS = [
  ['after the change', 'insertOne', 'audit_logs'],
  ['after the record, before it leaves its document', 'updateOne', 'tokens'],
] as const;

type DriverMethod = (this: mongo.Collection, ...args: unknown[]) => Promise<unknown>;

describeWithMongo('the audit outbox on MongoDB', (mongoForTests) => {
  let store: MongoStoreUnderTest;
  beforeAll(async () => {
    store = await openMongoStore(mongoForTests());
  });
  afterAll(() => store.teardown());

  /** Lets a verb get as far as one write of the driver, which then never happens. */
  async function dyingAt(
    method: 'insertOne' | 'updateOne' | 'deleteOne',
    collection: string,
    verb: () => Promise<unknown>,
  ) {
    const prototype: Record<typeof method, DriverMethod> = mongo.Collection.prototype as never;
    const original = prototype[method];
    const spy = jest.spyOn(prototype, method).mockImplementation(function (this: mongo.Collection, ...args) {
      if (this.collectionName === collection) return Promise.reject(new Error('the process is gone'));
      return original.apply(this, args);
    });
    await verb();
    expect(spy).toHaveBeenCalled();
    spy.mockRestore();
  }

  /** Another process starts, and ends again once its sweep is through. */
  async function anotherProcessStarts(): Promise<void> {
    const another = await store.openAnother?.();
    await another?.teardown();
  }

  const recordsAbout = async (resourceId: string): Promise<readonly AuditRecord[]> =>
    (await store.audits.listAcrossAccounts({ resourceId }, { limit: 10, offset: 0 })).items;

  const stored = (collection: string, filter: object) => store.database.collection(collection).findOne(filter);

  async function storedToken() {
    const account = buildAccount();
    await store.accounts.insert(account, buildAuditRecord({ accountId: account.id }));
    const token = buildToken({ accountId: account.id });
    await store.tokens.insert(token, buildAuditRecord({ accountId: account.id }));
    return token;
  }

  it.each(CRASH_POINTS)(
    'keeps exactly one record of a change when its process dies %s',
    async (_name, method, where) => {
      const token = await storedToken();
      const audit = buildAuditRecord({ accountId: token.accountId, action: 'update_token', resourceId: token.id });

      await dyingAt(method, where, () => store.tokens.setActive(token.accountId, token.id, false, AT, audit));
      expect(await stored('tokens', { token_id: token.id })).toMatchObject({ is_active: false, audit_pending: true });
      await anotherProcessStarts();
      await anotherProcessStarts();

      expect(await recordsAbout(token.id)).toStrictEqual([audit]);
      expect(await stored('tokens', { token_id: token.id })).toMatchObject({ audit_pending: false, pending_audit: [] });
    },
  );

  it('keeps exactly one record of a new token whose process dies at once', async () => {
    const token = buildToken({ accountId: 'acc_outbox' });
    const audit = buildAuditRecord({ accountId: 'acc_outbox', resourceId: token.id });

    await dyingAt('insertOne', 'audit_logs', () => store.tokens.insert(token, audit));
    expect(await recordsAbout(token.id)).toStrictEqual([]);
    await anotherProcessStarts();

    expect(await recordsAbout(token.id)).toStrictEqual([audit]);
    expect(await store.tokens.findById('acc_outbox', token.id)).toStrictEqual(token);
  });

  it('keeps exactly one record of an account change whose process dies at once', async () => {
    const account = buildAccount();
    await store.accounts.insert(account, buildAuditRecord({ accountId: account.id }));
    const audit = buildAuditRecord({ accountId: account.id, action: 'suspend_account', resourceId: account.id });

    await dyingAt('insertOne', 'audit_logs', () => store.accounts.setStatus(account.id, 'suspended', AT, audit));
    await anotherProcessStarts();

    expect(await recordsAbout(account.id)).toStrictEqual([audit]);
  });

  it.each([
    ['after the deletion', 'insertOne', 'audit_logs'],
    ['after the record, before the document goes', 'deleteOne', 'tokens'],
  ] as const)('shows a deleted token to nobody although its process died %s', async (_name, method, where) => {
    const token = await storedToken();
    const { accountId } = token;
    const audit = buildAuditRecord({ accountId, action: 'delete_token', resourceId: token.id });

    await dyingAt(method, where, () => store.tokens.delete(accountId, token.id, audit));

    expect(await stored('tokens', { token_id: token.id })).not.toBeNull();
    expect(await store.tokens.findById(accountId, token.id)).toBeUndefined();
    expect(await store.tokens.findCredentialByHash(token.hash)).toBeUndefined();
    expect(await store.tokens.list(accountId, {}, { limit: 10, offset: 0 })).toStrictEqual({ items: [], total: 0 });
    expect(await store.tokens.setActive(accountId, token.id, true, AT, audit)).toBeUndefined();
    expect(await store.tokens.delete(accountId, token.id, { ...audit, id: `${audit.id}-2` })).toBe(false);

    await anotherProcessStarts();
    expect(await stored('tokens', { token_id: token.id })).toBeNull();
    expect(await recordsAbout(token.id)).toStrictEqual([audit]);
  });

  it('purges no token whose record still waits in it', async () => {
    const purgeAt = new Date('2001-01-01T00:00:00Z');
    const token = buildToken({ accountId: 'acc_outbox', purgeAt });
    const audit = buildAuditRecord({ accountId: 'acc_outbox', resourceId: token.id });
    await dyingAt('insertOne', 'audit_logs', () => store.tokens.insert(token, audit));

    expect(await store.tokens.purge(purgeAt, 10)).toBe(0);
    await anotherProcessStarts();
    expect(await store.tokens.purge(purgeAt, 10)).toBe(1);
    expect(await recordsAbout(token.id)).toStrictEqual([audit]);
  });

  it('keeps every record of 50 changes to one account at once and leaves nothing waiting', async () => {
    const account = buildAccount();
    await store.accounts.insert(account, buildAuditRecord({ accountId: account.id }));
    const change = () => buildAuditRecord({ accountId: account.id, action: 'suspend_account' });
    await Promise.all(
      Array.from({ length: 50 }, () => store.accounts.setStatus(account.id, 'suspended', AT, change())),
    );

    const page = await store.audits.list(account.id, { action: 'suspend_account' }, { limit: 100, offset: 0 });
    expect(page.total).toBe(50);
    expect(await store.database.collection<{ _id: string }>('accounts').findOne({ _id: account.id })).toMatchObject({
      pending_audit: [],
      audit_pending: false,
    });
  });

  it('loses no record that another process adds while one is on its way, even if that process then dies', async () => {
    const token = await storedToken();
    const { accountId } = token;
    const audit = () => buildAuditRecord({ accountId, action: 'update_token', resourceId: token.id });
    const [first, second] = [audit(), audit()];
    const slow = await store.openAnother?.();

    // The first has copied its record and is about to clear when the second changes the token and dies.
    const prototype: Record<'updateOne', DriverMethod> = mongo.Collection.prototype as never;
    const updateOne = prototype.updateOne;
    const spy = jest.spyOn(prototype, 'updateOne').mockImplementationOnce(async function (
      this: mongo.Collection,
      ...args
    ) {
      await dyingAt('insertOne', 'audit_logs', () => store.tokens.setActive(accountId, token.id, true, AT, second));
      return updateOne.apply(this, args);
    });
    await slow?.tokens.setActive(accountId, token.id, false, AT, first);
    expect(spy).toHaveBeenCalledTimes(1);
    spy.mockRestore();
    await slow?.teardown();
    await anotherProcessStarts();

    const ids = (await recordsAbout(token.id)).map(({ id }) => id);
    expect([...ids].sort()).toStrictEqual([first.id, second.id].sort());
  });

  it('stores of a token neither its value nor anything that could be taken for one', async () => {
    const token = await storedToken();
    const document = await stored('tokens', { token_id: token.id });
    expect(document?.['token']).toBeInstanceOf(mongo.Binary);
  });
});

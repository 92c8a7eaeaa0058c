import { newAccountId, newTokenId, type Token, type UsageBatch, type UsageCounts } from '@tollgate/domain';
import { buildAuditRecord, buildToken } from '@tollgate/testing';
import { mongo } from 'mongoose';
import { describeWithMongo } from '../support/mongo-server';
import { type MongoStoreUnderTest, openMongoStore } from '../support/mongo-store';

const AT = new Date('2026-01-04T11:30:00Z');
const DAY = Date.parse('2026-01-04T00:00:00Z') / 3_600_000;
const HOUR = DAY + 11;
/** How many batches a document knows. */
const BATCHES_REMEMBERED = 32;

type BulkWrite = (
  this: mongo.Collection,
  operations: readonly mongo.AnyBulkWriteOperation[],
  options?: object,
) => Promise<unknown>;

describeWithMongo('usage on MongoDB', (mongoForTests) => {
  let store: MongoStoreUnderTest;
  let batches = 0;
  beforeAll(async () => {
    store = await openMongoStore(mongoForTests());
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });
  afterAll(() => store.teardown());

  async function storedToken(overrides: Partial<Token> = {}): Promise<Token> {
    const token = buildToken({ accountId: newAccountId(), ...overrides });
    await store.tokens.insert(token, buildAuditRecord({ accountId: token.accountId, resourceId: token.id }));
    return token;
  }

  function batchOf({ accountId, id }: Pick<Token, 'accountId' | 'id'>, counts: UsageCounts, hour = HOUR): UsageBatch {
    batches += 1;
    const entry = { accountId, tokenId: id, hour, counts, ...(counts.valid === undefined ? {} : { lastUsedAt: AT }) };
    return { id: `batch-${String(batches)}`, entries: [entry] };
  }

  const usageDocuments = (tokenId: string) =>
    store.database.collection('token_usage').find({ token_id: tokenId }).sort({ day: 1 }).toArray();
  const totalOf = async ({ accountId, id }: Token) => (await store.tokens.findById(accountId, id))?.totalRequests;
  const daysOf = ({ accountId, id }: Token) => store.tokens.listUsage(accountId, id, 'day', DAY - 240, DAY + 240);
  const hoursOf = ({ accountId, id }: Token) => store.tokens.listUsage(accountId, id, 'hour', DAY - 240, DAY + 240);

  /** Does something in place of the next bulk write to `token_usage`, and with it if it likes. */
  function atNextDayWrite(
    act: (
      write: (operations?: readonly mongo.AnyBulkWriteOperation[]) => Promise<unknown>,
      operations: readonly mongo.AnyBulkWriteOperation[],
    ) => Promise<unknown>,
  ): void {
    const prototype: { bulkWrite: BulkWrite } = mongo.Collection.prototype as never;
    const { bulkWrite } = prototype;
    const spy = jest.spyOn(prototype, 'bulkWrite').mockImplementation(function (
      this: mongo.Collection,
      operations,
      options,
    ) {
      if (this.collectionName !== 'token_usage') return bulkWrite.call(this, operations, options);
      spy.mockRestore();
      return act((instead = operations) => bulkWrite.call(this, instead, options), operations);
    });
  }

  it('counts a batch whose process died between totals and days once in both when it is told again', async () => {
    const token = await storedToken();
    const batch = batchOf(token, { valid: 3 });
    atNextDayWrite(() => Promise.reject(new mongo.MongoNetworkError('gone')));
    await expect(store.tokens.recordUsage(batch)).rejects.toMatchObject({ code: 'unavailable' });
    expect(await totalOf(token)).toBe(3);
    expect(await daysOf(token)).toStrictEqual([]);

    await store.tokens.recordUsage(batch);

    expect(await totalOf(token)).toBe(3);
    expect(await daysOf(token)).toStrictEqual([{ startHour: DAY, counts: { valid: 3 } }]);
  });

  it('counts a batch whose answer was lost once', async () => {
    const token = await storedToken();
    const batch = batchOf(token, { valid: 3, limited: 1 });
    atNextDayWrite(async (write) => {
      await write();
      throw new mongo.MongoNetworkError('gone');
    });
    await expect(store.tokens.recordUsage(batch)).rejects.toMatchObject({ code: 'unavailable' });

    await store.tokens.recordUsage(batch);

    expect(await totalOf(token)).toBe(3);
    expect(await hoursOf(token)).toStrictEqual([{ startHour: HOUR, counts: { valid: 3, limited: 1 } }]);
  });

  it('counts the first batches of a day when both found no document and one of them made it', async () => {
    const token = await storedToken();
    const [first, second] = [batchOf(token, { valid: 1 }), batchOf(token, { valid: 10 })];
    atNextDayWrite(async (write, operations) => {
      await store.tokens.recordUsage(second);
      // A server that looked before the other's insert finds nothing, inserts, and is refused.
      const blind = operations.map((operation) =>
        'updateOne' in operation
          ? { updateOne: { ...operation.updateOne, filter: { ...operation.updateOne.filter, day: new Date(0) } } }
          : operation,
      );
      return write(blind);
    });
    await store.tokens.recordUsage(first);

    expect(await usageDocuments(token.id)).toHaveLength(1);
    expect(await daysOf(token)).toStrictEqual([{ startHour: DAY, counts: { valid: 11 } }]);
    expect(await totalOf(token)).toBe(11);
  });

  it(`knows a batch again after ${String(BATCHES_REMEMBERED - 1)} others, and keeps no more of them`, async () => {
    const token = await storedToken();
    const batch = batchOf(token, { valid: 100 });
    await store.tokens.recordUsage(batch);
    const others = (count: number) =>
      Promise.all(Array.from({ length: count }, () => store.tokens.recordUsage(batchOf(token, { valid: 1 }))));

    await others(BATCHES_REMEMBERED - 1);
    await store.tokens.recordUsage(batch);
    expect(await totalOf(token)).toBe(100 + BATCHES_REMEMBERED - 1);
    await others(BATCHES_REMEMBERED);

    const [day] = await usageDocuments(token.id);
    const stored = await store.database.collection('tokens').findOne({ token_id: token.id });
    expect(day?.['batches']).toHaveLength(BATCHES_REMEMBERED);
    expect(stored?.['usage_batches']).toHaveLength(BATCHES_REMEMBERED);
  });

  it('adds the days that a token document of former releases holds to those counted since', async () => {
    const token = await storedToken();
    await store.database
      .collection('tokens')
      .updateOne({ token_id: token.id }, { $set: { daily_requests: { '2026-01-03': 4, '2026-01-04': 5 } } });
    await store.tokens.recordUsage(batchOf(token, { valid: 1, scope: 2 }));

    expect(await daysOf(token)).toStrictEqual([
      { startHour: DAY - 24, counts: { valid: 4 } },
      { startHour: DAY, counts: { valid: 6, scope: 2 } },
    ]);
  });

  it('leaves no document of tokens that are not there', async () => {
    const token = { accountId: newAccountId(), id: newTokenId() };
    await store.tokens.recordUsage(batchOf(token, { valid: 1 }));
    expect(await usageDocuments(token.id)).toStrictEqual([]);
  });

  it('removes the usage of a token with it, by deletion and by purge', async () => {
    const purgeAt = new Date('2001-01-01T00:00:00Z');
    const [deleted, purged] = [await storedToken(), await storedToken({ purgeAt })];
    for (const token of [deleted, purged]) {
      await store.tokens.recordUsage(batchOf(token, { valid: 1 }));
      await store.tokens.recordUsage(batchOf(token, { valid: 1 }, HOUR + 24));
      expect(await usageDocuments(token.id)).toHaveLength(2);
    }

    await store.tokens.delete(deleted.accountId, deleted.id, buildAuditRecord({ accountId: deleted.accountId }));
    expect(await store.tokens.purge(purgeAt, 10)).toBe(1);

    expect(await usageDocuments(deleted.id)).toStrictEqual([]);
    expect(await usageDocuments(purged.id)).toStrictEqual([]);
  });

  it('removes the usage of a deleted token whose process died before it did', async () => {
    const token = await storedToken();
    await store.tokens.recordUsage(batchOf(token, { valid: 1 }));
    const spy = jest.spyOn(mongo.Collection.prototype, 'deleteMany').mockRejectedValue(new Error('gone'));
    expect(await store.tokens.delete(token.accountId, token.id, buildAuditRecord({ accountId: token.accountId }))).toBe(
      true,
    );
    expect(spy).toHaveBeenCalledTimes(1);
    spy.mockRestore();
    expect(await usageDocuments(token.id)).toHaveLength(1);
    expect(await daysOf(token)).toStrictEqual([]);

    await (await store.openAnother?.())?.teardown();
    expect(await usageDocuments(token.id)).toStrictEqual([]);
    expect(await store.database.collection('tokens').findOne({ token_id: token.id })).toBeNull();
  });

  it('gives usage the time at which its token goes, and none where the token stays', async () => {
    const purgeAt = new Date('2099-01-01T00:00:00Z');
    const [passing, staying] = [await storedToken({ purgeAt }), await storedToken()];
    for (const token of [passing, staying]) await store.tokens.recordUsage(batchOf(token, { valid: 1 }));

    expect((await usageDocuments(passing.id))[0]?.['purge_at']).toStrictEqual(purgeAt);
    expect((await usageDocuments(staying.id))[0]).not.toHaveProperty('purge_at');
  });

  it('folds a day to its counts alone, and one that a batch brought after its token’s deletion to nothing', async () => {
    const [token, gone] = [await storedToken(), await storedToken()];
    await store.tokens.recordUsage(batchOf(token, { valid: 1 }));
    atNextDayWrite(async (write) => {
      await store.tokens.delete(gone.accountId, gone.id, buildAuditRecord({ accountId: gone.accountId }));
      return write();
    });
    await store.tokens.recordUsage(batchOf(gone, { valid: 1 }));
    expect(await usageDocuments(gone.id)).toHaveLength(1);

    while ((await store.tokens.foldUsage(DAY + 240, 100)) > 0);

    const [day] = await usageDocuments(token.id);
    expect(Object.keys(day ?? {}).sort()).toStrictEqual(['_id', 'account_id', 'counts', 'day', 'token_id']);
    expect(await usageDocuments(gone.id)).toStrictEqual([]);
  });
});

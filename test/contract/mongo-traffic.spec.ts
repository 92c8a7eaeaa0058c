import { type ReportedToken, TRAFFIC_KEY_MEMORY_MS, type TrafficReportKey } from '@tollgate/domain';
import { buildReportedToken, buildTraffic, buildTrafficKey, TEST_EPOCH_MS } from '@tollgate/testing';
import { mongo } from 'mongoose';
import { describeWithMongo } from '../support/mongo-server';
import { type MongoStoreUnderTest, openMongoStore } from '../support/mongo-store';

const NOW = new Date(TEST_EPOCH_MS);
const MARK_MEMORY_MS = 300_000;
const DAY = Math.floor(TEST_EPOCH_MS / 86_400_000);
const DAYS = { fromDay: DAY, toDay: DAY + 1 };

describeWithMongo('traffic on MongoDB', (server) => {
  let store: MongoStoreUnderTest;
  beforeAll(async () => {
    store = await openMongoStore(server());
  });
  afterAll(() => store.teardown());

  const trafficOf = (token: ReportedToken) => buildTraffic(token, { day: DAY });
  const reports = () => store.database.collection<{ _id: mongo.Binary; state: string }>('traffic_reports');
  /** As if the process had died before it noted that the report is counted. */
  const forgetCounted = ({ hash }: TrafficReportKey) =>
    reports().updateOne({ _id: new mongo.Binary(hash) }, { $set: { state: 'open' }, $unset: { counted_at: 1 } });
  const days = () => store.database.collection<{ _id: string; marks?: unknown[] }>('traffic_days');
  const total = async (tokenId: string): Promise<number> =>
    (await store.traffic.totalsAcrossAccounts(tokenId, DAYS, 'day'))[0]?.inBytes ?? 0;
  const marksOf = async (tokenId: string): Promise<number> =>
    (await days().findOne({ token_id: tokenId } as object))?.marks?.length ?? 0;

  it('counts a report on its repetition whose process died before it was counted', async () => {
    const token = buildReportedToken();
    const key = buildTrafficKey();
    await store.traffic.add(trafficOf(token), key, NOW);
    await forgetCounted(key);
    await days().deleteOne({ token_id: token.id });

    expect(await store.traffic.add(trafficOf(token), key, NOW)).toBe('repeated');
    expect(await total(token.id)).toBe(100);
    expect(await store.traffic.add(trafficOf(token), key, NOW)).toBe('repeated');
    expect(await total(token.id)).toBe(100);
  });

  it('counts a report no second time whose process died just after it was counted, however many others came since', async () => {
    const token = buildReportedToken();
    const key = buildTrafficKey();
    await store.traffic.add(trafficOf(token), key, NOW);
    await forgetCounted(key);
    for (let count = 0; count < 100; count += 1) await store.traffic.add(trafficOf(token), buildTrafficKey(), NOW);
    const later = new Date(TEST_EPOCH_MS + TRAFFIC_KEY_MEMORY_MS - 1);
    await store.traffic.purge(later, 1_000);
    expect(await marksOf(token.id)).toBe(1);

    expect(await store.traffic.add(trafficOf(token), key, later)).toBe('repeated');
    expect(await total(token.id)).toBe(10_100);
  });

  it('counts for the token as it was when the report first came', async () => {
    const token = buildReportedToken();
    const key = buildTrafficKey();
    await store.traffic.add(trafficOf(token), key, NOW);
    await forgetCounted(key);
    const other = buildReportedToken({ hash: token.hash });

    expect(await store.traffic.add(trafficOf(other), key, NOW)).toBe('repeated');
    expect([await total(token.id), await total(other.id)]).toStrictEqual([100, 0]);
  });

  it('keeps marks for five minutes, and then takes them away', async () => {
    const token = buildReportedToken();
    for (let count = 0; count < 3; count += 1) await store.traffic.add(trafficOf(token), buildTrafficKey(), NOW);
    await store.traffic.purge(new Date(TEST_EPOCH_MS + MARK_MEMORY_MS), 1_000);
    expect(await marksOf(token.id)).toBe(3);
    await store.traffic.purge(new Date(TEST_EPOCH_MS + MARK_MEMORY_MS + 1), 1_000);
    expect(await marksOf(token.id)).toBe(0);
    expect(await total(token.id)).toBe(300);
  });
});

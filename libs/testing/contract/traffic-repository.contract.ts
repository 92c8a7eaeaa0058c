import { newAccountId, type ReceivedTraffic, TRAFFIC_DAYS_KEPT, TRAFFIC_KEY_MEMORY_MS } from '@tollgate/domain';
import { buildReportedToken, buildTraffic, buildTrafficKey } from '../factories/build-traffic';
import { TEST_EPOCH_MS } from '../fake-clock';
import { type StoreSetup, useStore } from './store-under-test';

const NOW = new Date(TEST_EPOCH_MS);
const DAY_MS = 86_400_000;
const DAY = 20_000;
const DAYS = { fromDay: DAY, toDay: DAY + 1 };
/** Long before every other time in the suites, so that a purge up to here meets only what was put here. */
const OLD_MS = Date.parse('2001-01-01T00:00:00.000Z');

/** What every `TrafficRepository` guarantees. */
export function trafficRepositoryContract(name: string, setup: StoreSetup): void {
  describe(`${name}: TrafficRepository`, () => {
    const store = useStore(setup);
    const add = (report: ReceivedTraffic, key = buildTrafficKey(), now = NOW) => store().traffic.add(report, key, now);
    const sums = (tokenId: string, days = DAYS) => store().traffic.totalsAcrossAccounts(tokenId, days, 'day-and-proxy');

    it('counts a report once, told again at once or after others', async () => {
      const token = buildReportedToken();
      const key = buildTrafficKey();
      expect(await add(buildTraffic(token), key)).toBe('counted');
      expect(await add(buildTraffic(token), key)).toBe('repeated');
      for (let count = 0; count < 5; count += 1) await add(buildTraffic(token));
      expect(await add(buildTraffic(token), key)).toBe('repeated');

      expect(await sums(token.id)).toStrictEqual([{ day: DAY, proxyName: 'web', inBytes: 600, outBytes: 60 }]);
    });

    it('counts a report once that is told 20 times in parallel, and says so to one', async () => {
      const token = buildReportedToken();
      const key = buildTrafficKey();
      const receipts = await Promise.all(Array.from({ length: 20 }, () => add(buildTraffic(token), key)));

      expect(receipts.filter((receipt) => receipt === 'counted')).toHaveLength(1);
      expect(receipts.filter((receipt) => receipt === 'repeated')).toHaveLength(19);
      expect(await sums(token.id)).toStrictEqual([{ day: DAY, proxyName: 'web', inBytes: 100, outBytes: 10 }]);
    });

    it('adds up 50 different reports of one proxy that come at once', async () => {
      const token = buildReportedToken();
      await Promise.all(Array.from({ length: 50 }, () => add(buildTraffic(token))));

      expect(await sums(token.id)).toStrictEqual([{ day: DAY, proxyName: 'web', inBytes: 5_000, outBytes: 500 }]);
    });

    it('counts a report once that another process was told before', async () => {
      const another = await store().openAnother?.();
      if (another === undefined) return;
      try {
        const token = buildReportedToken();
        const key = buildTrafficKey();
        await add(buildTraffic(token), key);

        expect(await another.traffic.add(buildTraffic(token), key, NOW)).toBe('repeated');
        expect(await sums(token.id)).toStrictEqual([{ day: DAY, proxyName: 'web', inBytes: 100, outBytes: 10 }]);
      } finally {
        await another.teardown();
      }
    });

    it('refuses a key that came with another report, and counts nothing', async () => {
      const token = buildReportedToken();
      const key = buildTrafficKey();
      await add(buildTraffic(token), key);

      expect(await add(buildTraffic(token, { inBytes: 7 }), buildTrafficKey({ hash: key.hash }))).toBe('conflict');
      expect(await sums(token.id)).toStrictEqual([{ day: DAY, proxyName: 'web', inBytes: 100, outBytes: 10 }]);
    });

    it('counts each report without a key', async () => {
      const token = buildReportedToken();
      for (let count = 0; count < 3; count += 1) {
        expect(await store().traffic.add(buildTraffic(token), undefined, NOW)).toBe('counted');
      }
      expect(await sums(token.id)).toStrictEqual([{ day: DAY, proxyName: 'web', inBytes: 300, outBytes: 30 }]);
    });

    it('adds up by day, by proxy and by both, within the days asked for', async () => {
      const token = buildReportedToken();
      await add(buildTraffic(token, { day: DAY - 1 }));
      await add(buildTraffic(token));
      await add(buildTraffic(token, { proxyName: 'ssh', inBytes: 1, outBytes: 2 }));
      await add(buildTraffic(token, { day: DAY + 1, proxyName: 'ssh', inBytes: 3, outBytes: 4 }));
      await add(buildTraffic(token, { day: DAY + 2 }));
      const days = { fromDay: DAY, toDay: DAY + 2 };
      const { traffic } = store();

      expect(await traffic.totalsAcrossAccounts(token.id, days, 'day')).toStrictEqual([
        { day: DAY, inBytes: 101, outBytes: 12 },
        { day: DAY + 1, inBytes: 3, outBytes: 4 },
      ]);
      expect(await traffic.totalsAcrossAccounts(token.id, days, 'proxy')).toStrictEqual([
        { proxyName: 'ssh', inBytes: 4, outBytes: 6 },
        { proxyName: 'web', inBytes: 100, outBytes: 10 },
      ]);
      expect(await sums(token.id, days)).toStrictEqual([
        { day: DAY, proxyName: 'ssh', inBytes: 1, outBytes: 2 },
        { day: DAY, proxyName: 'web', inBytes: 100, outBytes: 10 },
        { day: DAY + 1, proxyName: 'ssh', inBytes: 3, outBytes: 4 },
      ]);
    });

    it('shows an account the traffic of its own token only', async () => {
      const [mine, other] = [newAccountId(), newAccountId()];
      const token = buildReportedToken({ accountId: mine });
      await add(buildTraffic(token));
      const { traffic } = store();

      expect(await traffic.totals(mine, token.id, DAYS, 'day')).toStrictEqual([
        { day: DAY, inBytes: 100, outBytes: 10 },
      ]);
      expect(await traffic.totals(other, token.id, DAYS, 'day')).toStrictEqual([]);
      expect(await traffic.totals(mine, buildReportedToken().id, DAYS, 'day')).toStrictEqual([]);
    });

    it('adds up a token and all that it was rotated to, deleted ones too, over the days asked for', async () => {
      const accountId = newAccountId();
      const root = buildReportedToken({ accountId });
      const [second, third] = [1, 2].map(() => buildReportedToken({ accountId, rootId: root.id }));
      const { traffic } = store();
      const total = (days = DAYS) => traffic.rotatedTotal({ rootId: root.id, accountId }, days);
      expect(await total()).toBe(0);
      for (const token of [root, second, third]) {
        if (token !== undefined) await add(buildTraffic(token));
      }
      await add(buildTraffic(root, { proxyName: 'ssh', day: DAY + 1 }));
      await add(buildTraffic(root, { day: DAY - 1 }));
      expect(await total()).toBe(330);
      expect(await total({ fromDay: DAY, toDay: DAY + 2 })).toBe(440);

      const derived = buildReportedToken(second === undefined ? {} : { hash: second.hash });
      await add(buildTraffic(derived, { isKnownToken: false }));
      expect(await total()).toBe(440);
    });

    it('adds up no token of another account, whatever it says that it was rotated from', async () => {
      const [mine, other] = [newAccountId(), newAccountId()];
      const root = buildReportedToken({ accountId: mine });
      await add(buildTraffic(root));
      await add(buildTraffic(buildReportedToken({ accountId: other, rootId: root.id })));
      await add(buildTraffic(buildReportedToken({ rootId: root.id })));
      const { traffic } = store();

      expect(await traffic.rotatedTotal({ rootId: root.id, accountId: mine }, DAYS)).toBe(110);
      expect(await traffic.rotatedTotal({ rootId: root.id, accountId: other }, DAYS)).toBe(110);
      expect(await traffic.rotatedTotal({ rootId: root.id }, DAYS)).toBe(110);
      expect(await traffic.rotatedTotal({ rootId: buildReportedToken().id }, DAYS)).toBe(0);
    });

    it('goes by the root that a token had at its latest report', async () => {
      const token = buildReportedToken();
      const root = buildReportedToken();
      const { traffic } = store();
      await add(buildTraffic(token));
      expect(await traffic.rotatedTotal({ rootId: root.id }, DAYS)).toBe(0);
      await add(buildTraffic({ ...token, rootId: root.id }));
      expect(await traffic.rotatedTotal({ rootId: root.id }, DAYS)).toBe(220);
      await add(buildTraffic({ ...token, rootId: token.id }));
      expect(await traffic.rotatedTotal({ rootId: root.id }, DAYS)).toBe(0);
    });

    it('counts what a deleted token moved last for the token and the account it was', async () => {
      const accountId = newAccountId();
      const token = buildReportedToken({ accountId });
      await add(buildTraffic(token));
      const derived = buildReportedToken({ hash: token.hash });
      await add(buildTraffic(derived, { isKnownToken: false }));

      expect(await store().traffic.totals(accountId, token.id, DAYS, 'day')).toStrictEqual([
        { day: DAY, inBytes: 200, outBytes: 20 },
      ]);
      expect(await sums(derived.id)).toStrictEqual([]);
    });

    it('counts for the derived id, of no account, where a token was never known', async () => {
      const token = buildReportedToken();
      await add(buildTraffic(token, { isKnownToken: false }));

      expect(await sums(token.id)).toStrictEqual([{ day: DAY, proxyName: 'web', inBytes: 100, outBytes: 10 }]);
    });

    it('keeps counts exact up to terabytes', async () => {
      const token = buildReportedToken();
      const inBytes = 5_000_000_000_001;
      await add(buildTraffic(token, { inBytes }));
      await add(buildTraffic(token, { inBytes }));

      expect(await sums(token.id)).toStrictEqual([
        { day: DAY, proxyName: 'web', inBytes: 10_000_000_000_002, outBytes: 20 },
      ]);
    });

    it('takes any name of a proxy, and tells names apart', async () => {
      const token = buildReportedToken();
      const names = ['a/b', 'A/B', 'a.b', '$x', 'Ünïcode ✓', 'x'.repeat(1_024)];
      for (const proxyName of names) await add(buildTraffic(token, { proxyName }));

      const found = await store().traffic.totalsAcrossAccounts(token.id, DAYS, 'proxy');
      expect(found.map(({ proxyName }) => proxyName).sort()).toStrictEqual([...names].sort());
    });

    it('remembers a key for 35 days and forgets it after, no more than its limit at once', async () => {
      const at = new Date(OLD_MS);
      const token = buildReportedToken();
      const keys = [buildTrafficKey(), buildTrafficKey(), buildTrafficKey()];
      // Of a day that is not due itself.
      for (const key of keys) await add(buildTraffic(token), key, at);
      const { traffic } = store();

      expect(await traffic.purge(new Date(OLD_MS + TRAFFIC_KEY_MEMORY_MS), 2)).toBe(0);
      expect(await add(buildTraffic(token), keys[0], at)).toBe('repeated');
      const gone = [];
      for (let round = 0; round < 3; round += 1) {
        gone.push(await traffic.purge(new Date(OLD_MS + TRAFFIC_KEY_MEMORY_MS + 1), 2));
      }
      expect(gone).toStrictEqual([2, 1, 0]);
    });

    it('keeps traffic for 400 days, and no longer', async () => {
      const oldDay = Math.floor(OLD_MS / DAY_MS) - 3_000;
      const token = buildReportedToken();
      await add(buildTraffic(token, { day: oldDay }));
      await add(buildTraffic(token, { day: oldDay + 1 }));
      const days = { fromDay: oldDay, toDay: oldDay + 2 };
      const { traffic } = store();

      await traffic.purge(new Date((oldDay + TRAFFIC_DAYS_KEPT) * DAY_MS + DAY_MS - 1), 10);
      expect(await sums(token.id, days)).toHaveLength(2);
      expect(await traffic.purge(new Date((oldDay + TRAFFIC_DAYS_KEPT + 1) * DAY_MS), 10)).toBe(1);
      expect(await sums(token.id, days)).toMatchObject([{ day: oldDay + 1 }]);
    });
  });
}

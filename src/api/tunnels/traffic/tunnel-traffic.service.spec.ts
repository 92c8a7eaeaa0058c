import {
  type ReceivedTraffic,
  type RotatedTokens,
  TollgateError,
  type TrafficDays,
  type TrafficReceipt,
  type TrafficReportKey,
  TrafficRepository,
  type TrafficTotal,
} from '@tollgate/domain';
import { FakeClock, TEST_EPOCH_MS } from '@tollgate/testing';
import { derivedTunnelTokenId } from '@tollgate/tunnel-tokens';
import type { ManagedTunnelTokens } from '../managed-tunnel-tokens';
import { TunnelTraffic } from './tunnel-traffic.service';

const DAY_S = 86_400;
const NOW_S = TEST_EPOCH_MS / 1_000;
const TODAY = Math.floor(NOW_S / DAY_S);
const BODY = { token: 'secret', region: 'eu', proxyName: 'web', trafficIn: 5, trafficOut: 6, timestamp: NOW_S };

class RecordingTraffic extends TrafficRepository {
  readonly added: { readonly report: ReceivedTraffic; readonly key: TrafficReportKey | undefined }[] = [];
  receipt: TrafficReceipt = 'counted';
  readonly asked: object[] = [];
  total = 0;
  isAway = false;

  override add(report: ReceivedTraffic, key: TrafficReportKey | undefined): Promise<TrafficReceipt> {
    this.added.push({ report, key });
    return Promise.resolve(this.receipt);
  }

  override totals(): Promise<readonly TrafficTotal[]> {
    return Promise.resolve([]);
  }

  override totalsAcrossAccounts(): Promise<readonly TrafficTotal[]> {
    return Promise.resolve([]);
  }

  override rotatedTotal(tokens: RotatedTokens, days: TrafficDays): Promise<number> {
    this.asked.push({ ...tokens, ...days });
    return this.isAway ? Promise.reject(new TollgateError('unavailable', 'away')) : Promise.resolve(this.total);
  }

  override purge(): Promise<number> {
    return Promise.resolve(0);
  }
}

describe('TunnelTraffic', () => {
  const setup = (managed: object = { known: new Map(), isManaged: false, isLive: false }) => {
    const repository = new RecordingTraffic();
    const clock = new FakeClock();
    return { repository, clock, traffic: new TunnelTraffic(repository, managed as ManagedTunnelTokens, clock) };
  };
  const known = new Map([['secret', { id: 'tt_1', accountId: 'acc_1' }]]);

  it('counts for the id and account of a token that is there, and hands its value on nowhere', async () => {
    const { repository, traffic } = setup({ known, isManaged: true, isLive: true });
    expect(await traffic.record(BODY, 'k')).toMatchObject({ status: 'counted' });
    expect(repository.added[0]?.report).toMatchObject({
      token: { id: 'tt_1', accountId: 'acc_1' },
      isKnownToken: true,
      proxyName: 'web',
      inBytes: 5,
      outBytes: 6,
      day: TODAY,
    });
    expect(JSON.stringify(repository.added)).not.toContain('secret');
  });

  it('counts for the derived id, of no account, where there is no such token', async () => {
    const { repository, traffic } = setup({ known, isManaged: true, isLive: true });
    await traffic.record({ ...BODY, token: 'other' }, 'k');
    const { token, isKnownToken } = repository.added[0]?.report ?? {};
    expect([token?.id, token?.accountId, isKnownToken]).toStrictEqual([
      derivedTunnelTokenId('other'),
      undefined,
      false,
    ]);
  });

  it('lets the gateway try again where nobody can say whose a token is', async () => {
    const { repository, traffic } = setup({ known, isManaged: true, isLive: false });
    await expect(traffic.record({ ...BODY, token: 'other' }, 'k')).rejects.toMatchObject({ code: 'unavailable' });
    expect(repository.added).toStrictEqual([]);
    expect(await traffic.record(BODY, 'k')).toMatchObject({ status: 'counted' });
  });

  it.each([
    [0, TODAY],
    [(TODAY + 2) * DAY_S - 1 - NOW_S, TODAY + 1],
    [TODAY * DAY_S - 1 - NOW_S, TODAY - 1],
  ])('counts a time %i s from now for the day %i', async (offset, day) => {
    const { repository, traffic } = setup();
    await traffic.record({ ...BODY, timestamp: NOW_S + offset }, undefined);
    expect(repository.added[0]).toMatchObject({ report: { day }, key: undefined });
  });

  it('refuses a time of the day after tomorrow', async () => {
    const refused = setup().traffic.record({ ...BODY, timestamp: (TODAY + 2) * DAY_S }, 'k');
    await expect(refused).rejects.toThrow('timestamp: must not be more than a day ahead');
  });

  it('knows the same report by its key and another by its content', async () => {
    const { repository, traffic } = setup();
    const changes = [{}, {}, { trafficIn: 6 }, { region: 'us' }, { timestamp: NOW_S + 1 }, { proxyName: 'x' }];
    for (const change of changes) await traffic.record({ ...BODY, ...change }, 'k');
    const keys = repository.added.map(({ key }) => key?.hash.toString('hex'));
    const fingerprints = repository.added.map(({ key }) => key?.fingerprint.toString('hex'));
    expect(new Set(keys).size).toBe(1);
    expect(fingerprints[0]).toBe(fingerprints[1]);
    expect(new Set(fingerprints).size).toBe(changes.length - 1);
  });

  it('refuses a key that came with another report', async () => {
    const { repository, traffic } = setup();
    repository.receipt = 'conflict';
    await expect(traffic.record(BODY, 'k')).rejects.toBeInstanceOf(TollgateError);
    await expect(traffic.record(BODY, 'k')).rejects.toMatchObject({ code: 'conflict' });
  });

  describe('the month that it tells', () => {
    const month = new Date(TEST_EPOCH_MS).toISOString().slice(0, 7);
    const firstDay = Date.parse(`${month}-01T00:00:00Z`) / 1_000 / DAY_S;
    const nextMonth = new Date(TEST_EPOCH_MS + 31 * DAY_S * 1_000).toISOString().slice(0, 7);
    const lastDay = Date.parse(`${nextMonth}-01T00:00:00Z`) / 1_000 / DAY_S;

    it('is that of all tokens that rotations have put in each other’s place, of one account', async () => {
      const rotated = { id: 'tt_2', rootId: 'tt_1', accountId: 'acc_1' };
      const { repository, traffic } = setup({ known: new Map([['secret', rotated]]), isManaged: true, isLive: true });
      repository.total = 77;
      expect(await traffic.record(BODY, 'k')).toStrictEqual({ status: 'counted', month: { name: month, bytes: 77 } });
      expect(repository.asked).toStrictEqual([
        { rootId: 'tt_1', accountId: 'acc_1', fromDay: firstDay, toDay: lastDay },
      ]);
      expect(repository.added[0]?.report.token).toMatchObject({ id: 'tt_2', rootId: 'tt_1' });
    });

    it('is the present one for a late report, and the next for a gateway whose clock is ahead of its end', async () => {
      const { clock, repository, traffic } = setup();
      repository.total = 5;
      const late = { ...BODY, timestamp: firstDay * DAY_S - 1 };
      expect((await traffic.record(late, 'k')).month).toStrictEqual({ name: month, bytes: 5 });
      clock.set(lastDay * DAY_S * 1_000 - 1);
      const ahead = { ...BODY, timestamp: lastDay * DAY_S };
      expect((await traffic.record(ahead, 'l')).month?.name).toBe(nextMonth);
    });

    it('is left out where it cannot be read, and the report is counted all the same', async () => {
      const { repository, traffic } = setup();
      repository.isAway = true;
      expect(await traffic.record(BODY, 'k')).toStrictEqual({ status: 'counted' });
      repository.isAway = false;
      expect((await traffic.record(BODY, 'l')).month).toBeDefined();
    });
  });
});

import { join } from 'node:path';
import { FakeClock, recordingLog, TEST_EPOCH_MS, useTemporaryFolder } from '@tollgate/testing';
import { readTunnelToken, type TunnelToken } from '@tollgate/tunnel-tokens';
import { monthOf } from './month-totals';
import { type MonthShare, MonthlyUsage, MonthlyUsageSource } from './monthly-usage';
import { TrafficJournal } from './traffic-journal';
import { TrafficMeter } from './traffic-meter';
import { TrafficOutbox } from './traffic-outbox';

const MB = 1_048_576;
const GB = 1_024 * MB;
const MONTH = monthOf(TEST_EPOCH_MS);

function token(settings: object = {}, value = 'secret-token'): TunnelToken {
  const document = { token: value, region: 'eu', enabled: true, trafficReportIntervalMB: 1, ...settings };
  const parsed = readTunnelToken(value, document);
  if (parsed.kind !== 'token') throw new Error(`${parsed.field} ${parsed.reason}`);
  return parsed.token;
}

class Elsewhere extends MonthlyUsageSource {
  bytes = 0;

  override shareOf(): MonthShare {
    return { acknowledged: 0, rest: this.bytes };
  }
}

describe('TrafficMeter', () => {
  const folder = useTemporaryFolder();
  const { log, lines } = recordingLog();
  let clock: FakeClock;
  let outbox: TrafficOutbox;
  let elsewhere: Elsewhere;
  let usage: MonthlyUsage;
  let meter: TrafficMeter;
  let nowMs: number;

  beforeEach(async () => {
    lines.length = 0;
    clock = new FakeClock();
    nowMs = 5_000;
    outbox = await TrafficOutbox.open(new TrafficJournal(join(folder(), 'journal')), clock, log);
    elsewhere = new Elsewhere();
    usage = new MonthlyUsage(outbox, elsewhere, log);
    meter = new TrafficMeter(outbox, usage, clock, { region: 'eu', isReporting: true });
  });
  afterEach(() => outbox.close());

  const tick = (afterMs = 250): void => {
    nowMs += afterMs;
    clock.advance(afterMs);
    meter.tick(nowMs);
  };
  /** Takes what is reported out of the outbox, as if it was sent. */
  const reported = (): [string, number, number][] =>
    [...outbox.reports].map((report) => {
      outbox.done(report);
      return [report.proxyName, report.inBytes, report.outBytes];
    });

  it('reports a proxy when in and out together reach the interval, and not a byte before', () => {
    const counter = meter.counterFor(token(), 'web');
    counter.inBytes += MB / 2;
    counter.outBytes += MB / 2 - 1;
    tick();
    expect(reported()).toStrictEqual([]);
    counter.outBytes += 1;
    tick();
    expect(reported()).toStrictEqual([['web', MB / 2, MB / 2]]);
    tick(60_000);
    expect(reported()).toStrictEqual([]);
    expect([counter.inBytes, counter.outBytes]).toStrictEqual([MB / 2, MB / 2]);
  });

  it('reports for each proxy by itself', () => {
    const web = meter.counterFor(token(), 'web');
    const ssh = meter.counterFor(token(), 'ssh');
    web.inBytes += MB - 1;
    ssh.inBytes += MB;
    tick();
    expect(reported()).toStrictEqual([['ssh', MB, 0]]);
  });

  it('shares a counter among those of one token and name, and reports when the last is released', () => {
    const counter = meter.counterFor(token(), 'web');
    expect(meter.counterFor(token(), 'web')).toBe(counter);
    expect(meter.counterFor(token({}, 'another-token'), 'web')).not.toBe(counter);
    counter.inBytes += 5;
    meter.release(counter);
    tick();
    expect(reported()).toStrictEqual([]);
    meter.release(counter);
    tick();
    expect(reported()).toStrictEqual([['web', 5, 0]]);
    expect([...meter.counters]).toHaveLength(1);
    expect(meter.counterFor(token(), 'web')).not.toBe(counter);
  });

  it('reports what connections still move after the proxy was released, until the last is gone', () => {
    const counter = meter.counterFor(token(), 'web');
    counter.connections = 1;
    counter.inBytes += 5;
    meter.release(counter);
    tick();
    expect(reported()).toStrictEqual([['web', 5, 0]]);
    counter.inBytes += 3;
    counter.connections = 0;
    tick();
    expect(reported()).toStrictEqual([['web', 3, 0]]);
    expect([...meter.counters]).toStrictEqual([]);
  });

  it('gives the same counter to a proxy that comes back while connections are open', () => {
    const counter = meter.counterFor(token(), 'web');
    counter.connections = 1;
    meter.release(counter);
    tick();
    expect(meter.counterFor(token(), 'web')).toBe(counter);
    counter.connections = 0;
    tick();
    expect([...meter.counters]).toStrictEqual([counter]);
  });

  it('reports the remainder once a second, however many connections close', () => {
    const counter = meter.counterFor(token(), 'web');
    const seen: [string, number, number][][] = [];
    for (let quarter = 0; quarter < 8; quarter += 1) {
      counter.inBytes += 1;
      meter.connectionClosed(counter);
      tick();
      seen.push(reported());
    }
    expect(seen.filter((reports) => reports.length > 0)).toStrictEqual([[['web', 1, 0]], [['web', 4, 0]]]);
    tick(1_000);
    expect(reported()).toStrictEqual([['web', 3, 0]]);
    meter.connectionClosed(counter);
    tick(1_000);
    expect(reported()).toStrictEqual([]);
  });

  it('reports nothing of a token with the interval 0, whose month it counts all the same', () => {
    const quiet = token({ trafficReportIntervalMB: 0 });
    const counter = meter.counterFor(quiet, 'web');
    counter.inBytes += 3 * MB;
    meter.connectionClosed(counter);
    tick();
    meter.release(counter);
    tick();
    expect(reported()).toStrictEqual([]);
    expect(outbox.findMonth(quiet.id, MONTH)?.bytes).toBe(3 * MB);
  });

  it('goes by the interval that the token has at its latest proxy', () => {
    const counter = meter.counterFor(token({ trafficReportIntervalMB: 100 }), 'web');
    counter.inBytes += 2 * MB;
    tick();
    expect(reported()).toStrictEqual([]);
    meter.counterFor(token({ trafficReportIntervalMB: 1 }), 'web');
    tick();
    expect(reported()).toStrictEqual([['web', 2 * MB, 0]]);
  });

  it('reports all at the end, whatever the interval', () => {
    const counter = meter.counterFor(token(), 'web');
    counter.outBytes += 9;
    meter.takeAll();
    expect(reported()).toStrictEqual([['web', 0, 9]]);
  });

  it('reports nothing where there is nobody to report to', () => {
    const silent = new TrafficMeter(outbox, usage, clock, { region: 'eu', isReporting: false });
    const counter = silent.counterFor(token(), 'web');
    counter.inBytes += 5 * MB;
    silent.tick(nowMs);
    silent.release(counter);
    silent.tick(nowMs);
    expect(reported()).toStrictEqual([]);
    expect(usage.bytesOf(token().id, clock.nowMs())).toBe(5 * MB);
  });

  describe('monthly traffic', () => {
    const limited = token({ monthlyTrafficGB: 1, monthlyTrafficPolicy: 'throttle' });
    const state = (): string => usage.quotaState(limited, clock.nowMs());
    const warnings = (): string[] => lines.filter(({ level }) => level === 'warn').map(({ message }) => message);

    it('warns once at 80 %, says once that it is used up at 100 %, and begins anew with the month', () => {
      const counter = meter.counterFor(limited, 'web');
      counter.inBytes += Math.ceil(GB * 0.8) - 1;
      tick();
      expect([state(), warnings()]).toStrictEqual(['ok', []]);
      counter.outBytes += 1;
      tick();
      counter.outBytes += 1;
      tick();
      expect(state()).toBe('warned');
      expect(warnings()).toHaveLength(1);
      counter.inBytes += GB - counter.inBytes - counter.outBytes - 1;
      tick();
      expect(state()).toBe('warned');
      counter.inBytes += 1;
      tick();
      counter.inBytes += 1;
      tick();
      expect(state()).toBe('used-up');
      expect(warnings()).toHaveLength(2);
      expect(lines.at(-1)).toMatchObject({ fields: { tokenId: limited.id, policy: 'throttle' } });
      expect([usage.warned, usage.usedUp]).toStrictEqual([1, 1]);
      clock.set(Date.parse('2026-02-01T00:00:00Z'));
      expect(state()).toBe('ok');
    });

    it('adds what other gateways have moved', () => {
      elsewhere.bytes = GB;
      expect(state()).toBe('used-up');
      elsewhere.bytes = GB - 10;
      expect(state()).toBe('warned');
      meter.counterFor(limited, 'web').inBytes += 10;
      tick();
      expect(state()).toBe('used-up');
    });

    it('adds what the receiver has told of other gateways', () => {
      const counter = meter.counterFor(limited, 'web');
      counter.inBytes += 10;
      meter.connectionClosed(counter);
      tick();
      const [report] = outbox.reports;
      if (report === undefined) throw new Error('no report');
      outbox.freeze(report);
      outbox.done(report, { month: MONTH, bytes: GB - 1 });
      expect(state()).toBe('warned');
      counter.inBytes += 1;
      tick();
      expect(state()).toBe('used-up');
    });

    it('goes on from the token that this one was rotated from, and says nothing a second time', () => {
      const before = token({ id: 'tt_0000000000000000000001', monthlyTrafficGB: 1 }, 'before');
      const after = token(
        { id: 'tt_0000000000000000000002', supersedes: before.id, rootId: before.id, monthlyTrafficGB: 1 },
        'after',
      );
      meter.counterFor(before, 'web').inBytes += GB - 1;
      tick();
      expect(usage.quotaState(after, clock.nowMs())).toBe('warned');
      meter.counterFor(after, 'web').inBytes += 1;
      tick();
      expect([before, after].map((each) => usage.quotaState(each, clock.nowMs()))).toStrictEqual([
        'used-up',
        'used-up',
      ]);
      expect(warnings()).toHaveLength(2);
    });

    it.each([[{}], [{ monthlyTrafficGB: 0 }]])('is without end for %j', (settings) => {
      elsewhere.bytes = 100 * GB;
      expect(usage.quotaState(token(settings), clock.nowMs())).toBe('ok');
    });

    it('says nothing again after a restart', async () => {
      const counter = meter.counterFor(limited, 'web');
      counter.inBytes += GB - 1;
      tick();
      await outbox.close();
      outbox = await TrafficOutbox.open(new TrafficJournal(join(folder(), 'journal')), clock, log);
      usage = new MonthlyUsage(outbox, elsewhere, log);
      meter = new TrafficMeter(outbox, usage, clock, { region: 'eu', isReporting: true });
      expect(state()).toBe('warned');
      meter.counterFor(limited, 'web').inBytes = 0;
      meter.counterFor(limited, 'ssh').inBytes += 0.5;
      tick();
      expect(warnings()).toHaveLength(1);
    });

    it('writes no token into the log', () => {
      meter.counterFor(limited, 'web').inBytes += GB;
      tick();
      expect(JSON.stringify(lines)).not.toContain('secret-token');
    });
  });
});

import { join } from 'node:path';
import { FakeClock, recordingLog, TEST_EPOCH_MS, useTemporaryFolder } from '@tollgate/testing';
import fc from 'fast-check';
import { OTHER_PROXIES, TRAFFIC_LIMITS } from './limits';
import { monthOf } from './month-totals';
import type { OutboxReport, OutboxSubject } from './outbox-state';
import { TrafficJournal } from './traffic-journal';
import { TrafficOutbox } from './traffic-outbox';

const NOW_S = TEST_EPOCH_MS / 1_000;
const MONTH = monthOf(TEST_EPOCH_MS);
const WEB = { tokenId: 'tt_a', token: 'secret-a', region: 'eu', proxyName: 'web' };

describe('TrafficOutbox', () => {
  const folder = useTemporaryFolder();
  const { log, lines } = recordingLog();
  let clock: FakeClock;
  beforeEach(() => {
    clock = new FakeClock();
    lines.length = 0;
  });
  const journals: TrafficJournal[] = [];
  afterEach(async () => {
    for (const journal of journals.splice(0)) await journal.close();
  });
  /** As after a crash: what is open already is left as it is. */
  const open = async (name = 'journal'): Promise<TrafficOutbox> => {
    const journal = new TrafficJournal(join(folder(), name));
    journals.push(journal);
    return TrafficOutbox.open(journal, clock, log);
  };
  const contents = (outbox: TrafficOutbox): object[] =>
    [...outbox.reports].map(({ key, proxyName, inBytes, outBytes, timestamp }) => ({
      key,
      proxyName,
      inBytes,
      outBytes,
      timestamp,
    }));

  it('keeps counts, reports and months over a crash, from the last flush', async () => {
    const outbox = await open();
    const subject = outbox.acquire(WEB);
    outbox.count(subject, { inBytes: 100, outBytes: 10 }, true);
    outbox.report(subject);
    outbox.count(subject, { inBytes: 5, outBytes: 6 }, true);
    outbox.count(subject, { inBytes: 1_000, outBytes: 0 }, false);
    expect(await outbox.flush()).toBe(true);
    outbox.count(subject, { inBytes: 7, outBytes: 7 }, true);

    const again = await open();
    expect(contents(again)).toStrictEqual(contents(outbox));
    expect(contents(again)).toMatchObject([{ proxyName: 'web', inBytes: 100, outBytes: 10, timestamp: NOW_S }]);
    expect(again.findMonth('tt_a', MONTH)?.bytes).toBe(1_121);
    const found = again.acquire(WEB);
    expect([found.inBytes, found.outBytes]).toStrictEqual([5, 6]);
  });

  it('reports what a run before has counted and not reported, at the time it was counted', async () => {
    const outbox = await open();
    outbox.count(outbox.acquire(WEB), { inBytes: 5, outBytes: 6 }, true);
    await outbox.flush();
    clock.advance(86_400_000);

    const again = await open();
    again.reportRemainders();
    expect(contents(again)).toMatchObject([{ inBytes: 5, outBytes: 6, timestamp: NOW_S }]);
    again.reportRemainders();
    expect(again.reportCount).toBe(1);
  });

  it('lets a report be sent only when it is on the disk', async () => {
    const outbox = await open();
    const subject = outbox.acquire(WEB);
    outbox.count(subject, { inBytes: 1, outBytes: 0 }, true);
    outbox.report(subject);
    const [report] = outbox.reports;
    expect(outbox.isDurable(report as OutboxReport)).toBe(false);
    const flushed = outbox.flush();
    outbox.count(subject, { inBytes: 1, outBytes: 0 }, true);
    outbox.report(subject);
    await flushed;
    // It has grown since that write began.
    expect(outbox.isDurable(report as OutboxReport)).toBe(false);
    await outbox.flush();
    expect(outbox.isDurable(report as OutboxReport)).toBe(true);
    expect(contents(await open())).toMatchObject([{ inBytes: 2 }]);
  });

  it('merges what follows into a report that was not sent, into none that was, and into none of another day', async () => {
    const outbox = await open();
    const subject = outbox.acquire(WEB);
    const add = (): void => {
      outbox.count(subject, { inBytes: 1, outBytes: 1 }, true);
      outbox.report(subject);
    };
    add();
    add();
    expect(contents(outbox)).toMatchObject([{ inBytes: 2, outBytes: 2 }]);
    for (const report of outbox.reports) outbox.freeze(report);
    add();
    add();
    expect(contents(outbox)).toMatchObject([{ inBytes: 2 }, { inBytes: 2 }]);
    clock.advance(86_400_000);
    add();
    expect(contents(outbox)).toMatchObject([{ inBytes: 2 }, { inBytes: 2 }, { inBytes: 1, timestamp: NOW_S + 86_400 }]);
    await outbox.flush();
    expect(contents(await open())).toStrictEqual(contents(outbox));
  });

  it('changes nothing about a report of a run before, which may have been sent', async () => {
    const outbox = await open();
    const subject = outbox.acquire(WEB);
    outbox.count(subject, { inBytes: 1, outBytes: 1 }, true);
    outbox.report(subject);
    await outbox.flush();

    const again = await open();
    const same = again.acquire(WEB);
    again.count(same, { inBytes: 9, outBytes: 9 }, true);
    again.report(same);
    expect(contents(again)).toMatchObject([{ inBytes: 1 }, { inBytes: 9 }]);
  });

  it('forgets what is done, and then its subject, when the file is written anew', async () => {
    const outbox = await open();
    const subject = outbox.acquire(WEB);
    outbox.count(subject, { inBytes: 1, outBytes: 1 }, true);
    outbox.report(subject);
    await outbox.flush();
    for (const report of [...outbox.reports]) outbox.done(report);
    outbox.release(subject);
    await outbox.flush();
    const again = await open();
    expect(again.reportCount).toBe(0);
    await again.close();
    const { records } = await new TrafficJournal(join(folder(), 'journal')).read();
    expect(records).toStrictEqual([{ t: 'month', id: 'tt_a', month: MONTH, bytes: 2, level: 0, acknowledged: 2 }]);
  });

  it('remembers in the file how far a month was said to be used up, and drops months that are over', async () => {
    const outbox = await open();
    outbox.count(outbox.acquire(WEB), { inBytes: 5, outBytes: 5 }, false);
    outbox.setLevel('tt_a', MONTH, 1);
    await outbox.flush();
    const again = await open();
    expect(again.findMonth('tt_a', MONTH)).toMatchObject({ month: MONTH, bytes: 10, level: 1 });
    clock.advance(31 * 86_400_000);
    const later = await open();
    expect(later.findMonth('tt_a', MONTH)).toBeUndefined();
  });

  it('counts the months of a token and of what it was rotated to together, over a restart too', async () => {
    const outbox = await open();
    outbox.count(outbox.acquire(WEB), { inBytes: 5, outBytes: 5 }, true);
    const fresh = { ...WEB, tokenId: 'tt_b', token: 'secret-b' };
    outbox.count(outbox.acquire(fresh, 'tt_a'), { inBytes: 7, outBytes: 0 }, true);
    expect(outbox.findMonth('tt_a', MONTH)?.bytes).toBe(17);
    await outbox.flush();
    const again = await open();
    again.count(again.acquire(fresh, 'tt_a'), { inBytes: 1, outBytes: 0 }, true);
    expect(again.findMonth('tt_a', MONTH)?.bytes).toBe(18);
    await again.flush();
    again.reportRemainders();
    const third = await open();
    third.reportRemainders();
    expect(contents(third)).toMatchObject([{ inBytes: 5 }, { inBytes: 8 }]);
    expect(third.findMonth('tt_a', MONTH)?.bytes).toBe(18);
    expect(third.findMonth('tt_b', MONTH)).toBeUndefined();
  });

  it('remembers in the file what others have moved, and what of its own the receiver has', async () => {
    const outbox = await open();
    const send = (proxyName: string, inBytes: number): OutboxReport => {
      const subject = outbox.acquire({ ...WEB, proxyName });
      outbox.count(subject, { inBytes, outBytes: 0 }, true);
      outbox.report(subject);
      const report = [...outbox.reports].at(-1) as OutboxReport;
      outbox.freeze(report);
      return report;
    };
    const [web, ssh, dns, bad] = [send('web', 10), send('ssh', 20), send('dns', 40), send('bad', 80)];
    outbox.done(web, { month: MONTH, bytes: 1_030 });
    outbox.done(ssh);
    outbox.putAside(bad);
    const known = { bytes: 150, acknowledged: 30, inFlight: 40, elsewhere: 880 };
    expect(outbox.findMonth('tt_a', MONTH)).toMatchObject(known);
    await outbox.flush();
    const again = await open();
    expect(again.findMonth('tt_a', MONTH)).toMatchObject(known);
    // Written anew.
    const third = await open();
    expect(third.findMonth('tt_a', MONTH)).toMatchObject(known);
    const [left] = third.reports;
    third.done(left as OutboxReport, { month: MONTH, bytes: 1_070 });
    expect(third.findMonth('tt_a', MONTH)).toMatchObject({ acknowledged: 70, inFlight: 0, elsewhere: 1_000 });
    expect(dns.inBytes).toBe(40);
  });

  it('takes a month that an earlier version has written for one that was all reported', async () => {
    const journal = new TrafficJournal(join(folder(), 'journal'));
    await journal.replace([{ t: 'month', id: 'tt_a', month: MONTH, bytes: 90, level: 1 }]);
    await journal.close();
    const outbox = await open();
    expect(outbox.findMonth('tt_a', MONTH)).toMatchObject({ bytes: 90, level: 1, acknowledged: 90, elsewhere: 0 });
  });

  it('keeps its file short, whatever passes through', async () => {
    const outbox = await open();
    let longest = 0;
    for (let round = 0; round < 60; round += 1) {
      for (let index = 0; index < 300; index += 1) {
        const subject = outbox.acquire({ ...WEB, proxyName: `p${String(index)}` });
        outbox.count(subject, { inBytes: 1, outBytes: 1 }, true);
        outbox.report(subject);
        outbox.release(subject);
      }
      await outbox.flush();
      for (const report of [...outbox.reports]) outbox.done(report);
      longest = Math.max(longest, outbox.fileBytes);
    }
    expect(longest).toBeGreaterThan(TRAFFIC_LIMITS.rewriteBytes);
    expect(longest).toBeLessThan(TRAFFIC_LIMITS.rewriteBytes * 1.2);
  });

  it(`counts proxies of a token beyond ${String(TRAFFIC_LIMITS.waitingProxies)} together, and loses nothing`, async () => {
    const outbox = await open();
    const all = TRAFFIC_LIMITS.waitingProxies + 5;
    const subjects: OutboxSubject[] = [];
    for (let index = 0; index < all; index += 1) {
      const subject = outbox.acquire({ ...WEB, proxyName: `p${String(index)}` });
      outbox.count(subject, { inBytes: 1, outBytes: 0 }, true);
      outbox.report(subject);
      outbox.release(subject);
      subjects.push(subject);
    }
    expect(outbox.reportCount).toBe(TRAFFIC_LIMITS.waitingProxies + 1);
    const others = [...outbox.reports].filter(({ proxyName }) => proxyName === OTHER_PROXIES);
    expect(others).toMatchObject([{ inBytes: 5 }]);
    // Another token is not concerned.
    expect(outbox.acquire({ ...WEB, tokenId: 'tt_b', token: 'secret-b' }).proxyName).toBe('web');
    for (const report of [...outbox.reports]) outbox.done(report);
    expect(outbox.acquire({ ...WEB, proxyName: 'fresh' }).proxyName).toBe('fresh');
  });

  it('sends nothing while its file cannot be written, and has everything once it can', async () => {
    const journal = new TrafficJournal(join(folder(), 'journal'));
    const outbox = await TrafficOutbox.open(journal, clock, log);
    const subject = outbox.acquire(WEB);
    const append = jest.spyOn(journal, 'append').mockRejectedValue(new Error('ENOSPC'));
    const replace = jest.spyOn(journal, 'replace').mockRejectedValue(new Error('ENOSPC'));
    for (let round = 0; round < 3; round += 1) {
      outbox.count(subject, { inBytes: 1, outBytes: 1 }, true);
      outbox.report(subject);
      expect(await outbox.flush()).toBe(false);
      clock.advance(500);
    }
    expect([...outbox.reports].map((report) => outbox.isDurable(report))).toStrictEqual([false]);
    expect(outbox.failingSince).toBe(TEST_EPOCH_MS);
    append.mockRestore();
    replace.mockRestore();
    expect(await outbox.flush()).toBe(true);
    expect([...outbox.reports].map((report) => outbox.isDurable(report))).toStrictEqual([true]);
    expect(contents(await open())).toMatchObject([{ inBytes: 3, outBytes: 3 }]);
    expect(lines.map(({ level }) => level)).toStrictEqual(['error', 'info']);
    await outbox.close();
  });

  it('refuses to open where it cannot write', async () => {
    const journal = new TrafficJournal(join(folder(), 'missing', 'journal'));
    await expect(TrafficOutbox.open(journal, clock, log)).rejects.toThrow('cannot be written');
  });

  it('is the same after any history, read back at any flush', async () => {
    const step = fc.record({
      what: fc.constantFrom('count', 'unreported', 'report', 'freeze', 'done', 'flush', 'reopen', 'day'),
      proxy: fc.constantFrom('web', 'ssh', 'dns'),
      bytes: fc.nat(10_000),
    });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        run += 1;
        const name = `journal-${String(run)}`;
        const reopen = () => open(name);
        let outbox = await reopen();
        let counted = 0;
        let finished = 0;
        for (const { what, proxy, bytes } of steps) {
          const subject = outbox.acquire({ ...WEB, proxyName: proxy });
          if (what === 'count') {
            outbox.count(subject, { inBytes: bytes, outBytes: 1 }, true);
            counted += bytes + 1;
          } else if (what === 'unreported') outbox.count(subject, { inBytes: bytes, outBytes: 1 }, false);
          else if (what === 'report') outbox.report(subject);
          else if (what === 'freeze') for (const report of outbox.reports) outbox.freeze(report);
          else if (what === 'done') {
            const [report] = outbox.reports;
            if (report !== undefined) {
              outbox.done(report, { month: MONTH, bytes });
              finished += report.inBytes + report.outBytes;
            }
          } else if (what === 'flush') await outbox.flush();
          else if (what === 'day') clock.advance(86_400_000);
          else {
            await outbox.flush();
            const before = contents(outbox);
            outbox = await reopen();
            expect(contents(outbox)).toStrictEqual(before);
          }
        }
        await outbox.close();
        const last = await reopen();
        last.reportRemainders();
        const left = [...last.reports].reduce((sum, { inBytes, outBytes }) => sum + inBytes + outBytes, 0);
        expect(finished + left).toBe(counted);
        await last.close();
      }),
      { numRuns: 60 },
    );
  });
});

import { join } from 'node:path';
import { FakeClock, recordingLog, TEST_EPOCH_MS, useTemporaryFolder } from '@tollgate/testing';
import { TRAFFIC_LIMITS } from './limits';
import { monthOf } from './month-totals';
import type { SendOutcome } from './report-sender';
import { TrafficJournal } from './traffic-journal';
import { TrafficOutbox } from './traffic-outbox';
import type { TrafficReport } from './traffic-report';
import { reportBody } from './traffic-report';
import { TrafficReporter } from './traffic-reporter';

const ACCEPTED: SendOutcome = { kind: 'accepted' };
const FAILED: SendOutcome = { kind: 'failed', reason: 'ECONNREFUSED' };

/** A receiver that answers when it is told. */
class Receiver {
  readonly sends: { readonly report: TrafficReport; readonly body: string; answer: (outcome: SendOutcome) => void }[] =
    [];

  send(report: TrafficReport): Promise<SendOutcome> {
    return new Promise((resolve) => {
      this.sends.push({ report, body: reportBody(report), answer: resolve });
    });
  }

  async answerAll(outcome: SendOutcome): Promise<number> {
    const open = this.sends.splice(0);
    for (const { answer } of open) answer(outcome);
    await settled();
    return open.length;
  }
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe('TrafficReporter', () => {
  const folder = useTemporaryFolder();
  const { log, lines } = recordingLog();
  let outbox: TrafficOutbox;
  let receiver: Receiver;
  let reporter: TrafficReporter;
  let nowMs: number;
  let parked: [string, number][];
  let parkingFails: boolean;

  beforeEach(async () => {
    lines.length = 0;
    nowMs = 0;
    parked = [];
    parkingFails = false;
    outbox = await TrafficOutbox.open(new TrafficJournal(join(folder(), 'journal')), new FakeClock(), log);
    receiver = new Receiver();
    reporter = new TrafficReporter({
      outbox,
      sender: receiver,
      parked: {
        add: async (report, status) => {
          await settled();
          if (parkingFails) throw new Error('ENOSPC');
          parked.push([report.proxyName, status]);
        },
      },
      log,
      nowMs: () => nowMs,
      random: () => 1,
    });
  });
  afterEach(() => outbox.close());

  const put = async (count: number, stem = 'p'): Promise<void> => {
    for (let index = 0; index < count; index += 1) {
      const proxyName = `${stem}${String(index)}`;
      const subject = outbox.acquire({ tokenId: 'tt_a', token: 'secret-a', region: 'eu', proxyName });
      outbox.count(subject, { inBytes: 1, outBytes: 1 }, true);
      outbox.report(subject);
    }
    await outbox.flush();
  };
  const tick = (afterMs = 0): number => {
    nowMs += afterMs;
    reporter.tick();
    return receiver.sends.length;
  };

  it('sends so many at a time and no more, the next as soon as one is taken', async () => {
    await put(TRAFFIC_LIMITS.sends + 2);
    expect(tick()).toBe(TRAFFIC_LIMITS.sends);
    expect(tick()).toBe(TRAFFIC_LIMITS.sends);
    receiver.sends[0]?.answer(ACCEPTED);
    await settled();
    expect(receiver.sends).toHaveLength(TRAFFIC_LIMITS.sends + 1);
    await receiver.answerAll(ACCEPTED);
    await receiver.answerAll(ACCEPTED);
    expect([outbox.reportCount, reporter.sent, reporter.failed]).toStrictEqual([0, 10, 0]);
  });

  it('sends nothing that is not on the disk', async () => {
    const subject = outbox.acquire({ tokenId: 'tt_a', token: 'secret-a', region: 'eu', proxyName: 'web' });
    outbox.count(subject, { inBytes: 1, outBytes: 1 }, true);
    outbox.report(subject);
    expect(tick()).toBe(0);
    await outbox.flush();
    expect(tick()).toBe(1);
  });

  it('repeats a report with the same key and body, whatever was counted meanwhile', async () => {
    await put(1);
    tick();
    const [first] = receiver.sends;
    await put(1);
    await receiver.answerAll(FAILED);
    // The second report, with what came meanwhile, does not wait for the first.
    expect(receiver.sends.map(({ report }) => report.key)).not.toContain(first?.report.key);
    await receiver.answerAll(ACCEPTED);
    expect(tick(TRAFFIC_LIMITS.firstRetryMs - 1)).toBe(0);
    expect(tick(1)).toBe(1);
    expect(receiver.sends[0]?.report.key).toBe(first?.report.key);
    expect(receiver.sends[0]?.body).toBe(first?.body);
  });

  it('waits longer after each failure of a single report, up to 5 s', async () => {
    await put(1);
    const waits: number[] = [];
    for (let failure = 0; failure < 7; failure += 1) {
      await receiver.answerAll(FAILED);
      let waitedMs = 0;
      for (; tick() === 0; waitedMs += 250) nowMs += 250;
      waits.push(waitedMs);
    }
    expect(waits).toStrictEqual([0, 500, 1_000, 2_000, 4_000, 5_000, 5_000]);
  });

  it('lets one report at a time try while the receiver is away, at most a minute apart, and all when it is back', async () => {
    await put(20);
    tick();
    expect(await receiver.answerAll(FAILED)).toBe(TRAFFIC_LIMITS.sends);
    // Each failure but the last has made room for another report.
    expect(await receiver.answerAll(FAILED)).toBe(TRAFFIC_LIMITS.sends - 1);
    expect(tick(TRAFFIC_LIMITS.firstRetryMs - 1)).toBe(0);
    expect(tick(1)).toBe(1);
    for (let round = 0; round < 20; round += 1) {
      await receiver.answerAll(FAILED);
      expect(tick(TRAFFIC_LIMITS.longestRetryMs)).toBe(1);
    }
    await receiver.answerAll(ACCEPTED);
    expect(receiver.sends).toHaveLength(TRAFFIC_LIMITS.sends);
    while ((await receiver.answerAll(ACCEPTED)) > 0);
    expect(outbox.reportCount).toBe(0);
    expect(lines.map(({ level }) => level)).toStrictEqual(['warn', 'info']);
  });

  it('keeps on at others while a single one fails', async () => {
    await put(3);
    tick();
    for (const { report, answer } of receiver.sends.splice(0)) answer(report.proxyName === 'p0' ? FAILED : ACCEPTED);
    await settled();
    await put(3, 'q');
    expect(tick()).toBe(3);
  });

  it('keeps on at others when a single one has failed until the receiver seemed to be away', async () => {
    await put(1);
    for (let failure = 0; failure < TRAFFIC_LIMITS.sends; failure += 1) {
      tick(TRAFFIC_LIMITS.longestRetryMs);
      await receiver.answerAll(FAILED);
    }
    await put(2, 'q');
    expect(tick(TRAFFIC_LIMITS.longestRetryMs)).toBe(1);
    expect(receiver.sends[0]?.report.proxyName).toBe('q0');
    await receiver.answerAll(FAILED);
    expect(tick(TRAFFIC_LIMITS.longestRetryMs)).toBe(1);
    expect(receiver.sends[0]?.report.proxyName).toBe('q1');
    await receiver.answerAll(ACCEPTED);
    expect(receiver.sends.length).toBeGreaterThan(0);
  });

  it('gives the receiver the time that Retry-After asks for', async () => {
    await put(3);
    tick();
    receiver.sends.shift()?.answer({ kind: 'failed', reason: 'status 503', retryAfterMs: 90_000 });
    await settled();
    await receiver.answerAll(ACCEPTED);
    await put(1, 'q');
    expect(tick(89_999)).toBe(0);
    expect(tick(1)).toBe(2);
  });

  it('puts aside what the receiver will never take, with one warning and without the token', async () => {
    await put(2);
    tick();
    receiver.sends.shift()?.answer({ kind: 'refused', status: 422 });
    await settled();
    await settled();
    await receiver.answerAll(ACCEPTED);
    expect(parked).toStrictEqual([['p0', 422]]);
    expect([outbox.reportCount, reporter.parked, reporter.sent]).toStrictEqual([0, 1, 1]);
    expect(lines).toMatchObject([{ level: 'warn', fields: { status: 422, tokenId: 'tt_a', proxyName: 'p0' } }]);
    expect(JSON.stringify(lines)).not.toContain('secret-a');
  });

  it('keeps what the receiver tells of a month, and takes nothing that it refuses for counted', async () => {
    await put(3);
    tick();
    const month = monthOf(TEST_EPOCH_MS);
    receiver.sends.shift()?.answer({ kind: 'accepted', month: { month, bytes: 106 } });
    receiver.sends.shift()?.answer({ kind: 'refused', status: 400 });
    await settled();
    await settled();
    expect(outbox.findMonth('tt_a', month)).toMatchObject({ acknowledged: 2, inFlight: 2, elsewhere: 100 });
    receiver.sends.shift()?.answer({ kind: 'accepted', month: { month, bytes: 108 } });
    await settled();
    expect(outbox.findMonth('tt_a', month)).toMatchObject({ acknowledged: 4, inFlight: 0, elsewhere: 104 });
  });

  it('keeps a refused report that cannot be put aside', async () => {
    parkingFails = true;
    await put(1);
    tick();
    await receiver.answerAll({ kind: 'refused', status: 400 });
    await settled();
    expect([outbox.reportCount, reporter.parked]).toStrictEqual([1, 0]);
    expect(tick(TRAFFIC_LIMITS.longestRetryMs)).toBe(1);
  });

  it('starts nothing once it is stopped, and waits for what is on its way', async () => {
    await put(9);
    tick();
    let isStopped = false;
    const stopped = reporter.stop().then(() => (isStopped = true));
    await settled();
    expect(isStopped).toBe(false);
    expect(await receiver.answerAll(ACCEPTED)).toBe(8);
    await stopped;
    expect([receiver.sends.length, outbox.reportCount]).toStrictEqual([0, 1]);
  });
});

import type { Clock } from '@tollgate/domain';
import { limitKeyOf, type TunnelToken } from '@tollgate/tunnel-tokens';
import { TRAFFIC_LIMITS } from './limits';
import type { MonthlyUsage } from './monthly-usage';
import type { OutboxSubject } from './outbox-state';
import { TrafficCounter } from './traffic-counter';
import type { TrafficOutbox } from './traffic-outbox';

interface Metered {
  readonly counter: TrafficCounter;
  readonly subject: OutboxSubject;
  token: TunnelToken;
  /** Proxies that count with it now. */
  uses: number;
  /** What of the counter is in the outbox. */
  inBytes: number;
  outBytes: number;
  /** A connection has closed since the last report. */
  hasClosed: boolean;
  /** When such a report was last made. */
  closeReportMs: number;
}

export interface TrafficMeterOptions {
  /** This gateway's, as reports name it. */
  readonly region: string;
  /** False: traffic counts into months only. */
  readonly isReporting: boolean;
  /** Told of what was counted since the last time. */
  readonly onMoved?: (tokenId: string, inBytes: number, outBytes: number) => void;
}

/** Hands out counters, and reads them at each tick: what is new goes to the outbox, and is reported when it is due. */
export class TrafficMeter {
  private readonly byName = new Map<string, Metered>();
  private readonly byCounter = new Map<TrafficCounter, Metered>();

  constructor(
    private readonly outbox: TrafficOutbox,
    private readonly usage: MonthlyUsage,
    private readonly clock: Clock,
    private readonly options: TrafficMeterOptions,
  ) {}

  /** Counters in use. */
  get counters(): Iterable<TrafficCounter> {
    return this.byCounter.keys();
  }

  /**
   * The counter of a token's proxy: the same one for all that go by this name at a time, with what they have counted so
   * far. Each call is to be followed by one {@link release}.
   * @param token as it is now: its report interval and monthly traffic hold from now on
   */
  counterFor(token: TunnelToken, proxyName: string): TrafficCounter {
    const name = `${token.token}\0${proxyName}`;
    const present = this.byName.get(name);
    if (present !== undefined) {
      present.token = token;
      present.uses += 1;
      return present.counter;
    }
    const counter = new TrafficCounter(token.id, proxyName);
    const { region } = this.options;
    const metered: Metered = {
      counter,
      subject: this.outbox.acquire({ tokenId: token.id, token: token.token, region, proxyName }, limitKeyOf(token)),
      token,
      uses: 1,
      inBytes: 0,
      outBytes: 0,
      hasClosed: false,
      closeReportMs: Number.NEGATIVE_INFINITY,
    };
    this.byName.set(name, metered);
    this.byCounter.set(counter, metered);
    return counter;
  }

  /** Its proxy or control is closed: the remainder is reported. What open connections still count is too. */
  release(counter: TrafficCounter): void {
    const metered = this.byCounter.get(counter);
    if (metered !== undefined && metered.uses > 0) metered.uses -= 1;
  }

  /** A user connection has closed: what it moved is reported, once a second for each token and proxy. */
  connectionClosed(counter: TrafficCounter): void {
    const metered = this.byCounter.get(counter);
    if (metered !== undefined) metered.hasClosed = true;
  }

  /** @param nowMs monotone milliseconds */
  tick(nowMs: number): void {
    for (const metered of this.byCounter.values()) {
      this.take(metered);
      if (this.options.isReporting && this.isDue(metered, nowMs)) this.outbox.report(metered.subject);
      if (metered.uses === 0 && metered.counter.connections <= 0) this.forget(metered);
    }
  }

  /** Takes over what was counted, and reports all of it whatever the interval: for the end of the process. */
  takeAll(): void {
    for (const metered of this.byCounter.values()) {
      this.take(metered);
      if (this.options.isReporting) this.outbox.report(metered.subject);
    }
  }

  private take(metered: Metered): void {
    const { counter, token } = metered;
    const inBytes = counter.inBytes - metered.inBytes;
    const outBytes = counter.outBytes - metered.outBytes;
    if (inBytes === 0 && outBytes === 0) return;
    metered.inBytes += inBytes;
    metered.outBytes += outBytes;
    this.options.onMoved?.(token.id, inBytes, outBytes);
    const isReported = this.options.isReporting && token.trafficReportIntervalBytes > 0;
    this.outbox.count(metered.subject, { inBytes, outBytes }, isReported);
    this.usage.watch(token, this.clock.nowMs());
  }

  private isDue(metered: Metered, nowMs: number): boolean {
    const { subject, token, uses } = metered;
    const waiting = subject.inBytes + subject.outBytes;
    if (uses === 0) return waiting > 0;
    const isCloseDue = metered.hasClosed && nowMs - metered.closeReportMs >= TRAFFIC_LIMITS.closeReportMs;
    if (isCloseDue) {
      metered.hasClosed = false;
      if (waiting > 0) metered.closeReportMs = nowMs;
      return waiting > 0;
    }
    const { trafficReportIntervalBytes: interval } = token;
    return interval > 0 && waiting >= interval;
  }

  private forget(metered: Metered): void {
    const name = `${metered.token.token}\0${metered.counter.proxyName}`;
    this.byName.delete(name);
    this.byCounter.delete(metered.counter);
    this.outbox.release(metered.subject);
  }
}

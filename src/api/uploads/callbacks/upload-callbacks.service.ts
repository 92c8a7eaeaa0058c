import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { SecretSealer } from '@tollgate/auth';
import { Clock, type UploadCallback, UploadCallbackRepository } from '@tollgate/domain';
import { Log } from '@tollgate/observability';
import { AuditTrail } from '../../audit/audit-trail.service';
import { nextDelayMs } from './callback-schedule';
import { CallbackSender, type Delivery } from './callback-sender';
import { signatureHeaders } from './callback-signature';

/** How often each process looks for callbacks that are due. */
const POLL_MS = 5_000;
/** How long a claim lasts: well over the deadline of a delivery. */
const LEASE_MS = 60_000;
/** Deliveries of one process at once. */
const MAX_UNDER_WAY = 16;
/** What a delivery under way may still take when the process ends. */
const LAST_DELIVERIES_MS = 2_000;

/** Nobody's request is behind a delivery. */
const NO_CALLER = { ip: '', userAgent: '' };
const GONE = 410;

/**
 * Tells those who asked for it that an upload is stored: at least once, by whichever process claims the callback first.
 * One that fails is tried again; after a day, or a 410, it is given up.
 */
@Injectable()
export class UploadCallbacks implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly underWay = new Set<Promise<void>>();
  private readonly ending = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> | undefined;
  private isDueAgain = false;
  private isEnding = false;

  constructor(
    private readonly callbacks: UploadCallbackRepository,
    private readonly sender: CallbackSender,
    private readonly sealer: SecretSealer,
    private readonly audit: AuditTrail,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.poke();
    }, POLL_MS).unref();
  }

  /** Deliveries under way get a moment; what is not delivered then is due again when its claim ends. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isEnding = true;
    clearInterval(this.timer);
    const cutOff = setTimeout(() => {
      this.ending.abort();
    }, LAST_DELIVERIES_MS);
    await this.round;
    await Promise.all(this.underWay);
    clearTimeout(cutOff);
  }

  /** To be called when a callback may be due; never waits, never throws. */
  poke(): void {
    if (this.isEnding) return;
    this.isDueAgain = true;
    this.round ??= this.claimAll().finally(() => {
      this.round = undefined;
      // Asked for after the round had looked for the last time.
      if (this.isDueAgain) this.poke();
    });
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    while (this.round !== undefined || this.underWay.size > 0) await Promise.all([this.round, ...this.underWay]);
  }

  private async claimAll(): Promise<void> {
    try {
      while (this.isDueAgain && !this.isEnding) {
        this.isDueAgain = false;
        const room = MAX_UNDER_WAY - this.underWay.size;
        // Whoever finishes pokes again.
        if (room === 0) return;
        const now = this.clock.now();
        const claimed = await this.callbacks.claimDue(now, new Date(now.getTime() + LEASE_MS), room);
        for (const callback of claimed) this.begin(callback);
        if (claimed.length === room) this.isDueAgain = true;
      }
    } catch (error) {
      this.log.warn({ err: error }, 'callbacks that are due could not be read');
    }
  }

  private begin(callback: UploadCallback): void {
    const delivering = this.deliver(callback)
      .catch((error: unknown) => {
        this.log.warn({ err: error, callbackId: callback.id }, 'the outcome of a callback could not be kept');
      })
      .finally(() => {
        const wasFull = this.underWay.size >= MAX_UNDER_WAY;
        this.underWay.delete(delivering);
        if (wasFull) this.poke();
      });
    this.underWay.add(delivering);
  }

  private async deliver(callback: UploadCallback): Promise<void> {
    const delivery = await this.send(callback);
    if (delivery.kind === 'cancelled') return;
    if (delivery.kind === 'answered' && delivery.status >= 200 && delivery.status < 300) {
      await this.end(callback, delivery, undefined);
      return;
    }
    const failures = callback.attempts + 1;
    const isGone = delivery.kind === 'answered' && delivery.status === GONE;
    const delayMs = isGone ? undefined : nextDelayMs(failures, Math.random());
    const reason = reasonOf(delivery);
    this.log.info({ callbackId: callback.id, fileId: callback.fileId, failures, reason, delayMs }, 'a callback failed');
    if (delayMs === undefined) await this.end(callback, delivery, `given up: ${reason}`);
    else await this.callbacks.postpone(callback.id, new Date(this.clock.nowMs() + delayMs));
  }

  private async send({ id, accountId, url, payload, ...sealed }: UploadCallback): Promise<Delivery> {
    let secret: string;
    try {
      secret = this.sealer.open(accountId, { keyId: sealed.secretKeyId, envelope: sealed.secretEnvelope });
    } catch (error) {
      this.log.warn({ err: error, callbackId: id }, "a callback's secret does not open");
      return { kind: 'failed', reason: 'its secret does not open' };
    }
    const headers = signatureHeaders(id, payload, secret, this.clock.nowMs());
    return this.sender.send(url, payload, headers, this.ending.signal);
  }

  private async end(callback: UploadCallback, delivery: Delivery, errorMessage: string | undefined): Promise<void> {
    const { id, accountId, fileId, url, attempts } = callback;
    const audit = this.audit.describe({
      action: 'upload_callback',
      accountId,
      resourceId: fileId,
      caller: NO_CALLER,
      data: {
        callback_id: id,
        // Paths and queries of such addresses hold secrets of their owners.
        origin: new URL(url).origin,
        attempts: attempts + 1,
        ...(delivery.kind === 'answered' ? { status: delivery.status } : {}),
      },
      ...(errorMessage === undefined ? {} : { errorMessage }),
    });
    await this.callbacks.remove(id, audit);
  }
}

function reasonOf(delivery: Delivery): string {
  if (delivery.kind === 'answered') return `answered with status ${String(delivery.status)}`;
  return delivery.kind === 'failed' ? delivery.reason : 'cancelled';
}

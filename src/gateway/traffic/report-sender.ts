import * as http from 'node:http';
import * as https from 'node:https';
import type { Secret } from '@tollgate/config';
import type { Clock } from '@tollgate/domain';
import { TRAFFIC_LIMITS } from './limits';
import { type ReceivedMonth, readReceivedMonth } from './received-month';
import { retryAfterMs } from './retry-schedule';
import { reportBody, type TrafficReport } from './traffic-report';

/**
 * What became of one try.
 * - `accepted`: any 2xx; with the token's month over all gateways, if the receiver tells it
 * - `refused`: an answer that no repetition would change
 * - `failed`: anything else; `reason` holds nothing of the report
 */
export type SendOutcome =
  | { readonly kind: 'accepted'; readonly month?: ReceivedMonth }
  | { readonly kind: 'refused'; readonly status: number }
  | { readonly kind: 'failed'; readonly reason: string; readonly retryAfterMs?: number };

/**
 * The report itself is at fault (400, 422), or its key was used for another one (409). Everything else may pass, also 401, 403
 * and 404: a key or an address that an operator will put right.
 */
const REFUSALS: ReadonlySet<number> = new Set([400, 409, 422]);

export interface ReportSenderOptions {
  /** `trafficReportUrl`. */
  readonly url: string;
  /** TRAFFIC_REPORT_KEY. */
  readonly key: Secret | undefined;
  /** For one report; 10 s unless given. */
  readonly timeoutMs?: number;
}

/** POSTs reports over connections that are kept, following no redirects. */
export class ReportSender {
  private readonly url: URL;
  private readonly agent: http.Agent;
  private readonly request: typeof http.request;

  /** @throws TypeError for an address that is none */
  constructor(
    private readonly options: ReportSenderOptions,
    private readonly clock: Clock,
  ) {
    this.url = new URL(options.url);
    const isSecure = this.url.protocol === 'https:';
    const agentOptions = { keepAlive: true, maxSockets: TRAFFIC_LIMITS.sends };
    this.agent = isSecure ? new https.Agent(agentOptions) : new http.Agent(agentOptions);
    this.request = isSecure ? https.request : http.request;
  }

  /** Never rejects. */
  async send(report: TrafficReport): Promise<SendOutcome> {
    const deadline = AbortSignal.timeout(this.options.timeoutMs ?? TRAFFIC_LIMITS.sendTimeoutMs);
    try {
      return await this.post(report, deadline);
    } catch (error) {
      if (deadline.aborted) return { kind: 'failed', reason: 'no answer in time' };
      const { code } = error as { readonly code?: unknown };
      return { kind: 'failed', reason: typeof code === 'string' ? code : 'the connection failed' };
    }
  }

  /** Cuts connections; what is under way fails. */
  close(): void {
    this.agent.destroy();
  }

  private post(report: TrafficReport, signal: AbortSignal): Promise<SendOutcome> {
    const body = Buffer.from(reportBody(report));
    const { key } = this.options;
    const options: http.RequestOptions = {
      method: 'POST',
      agent: this.agent,
      signal,
      headers: {
        'content-type': 'application/json',
        'content-length': body.length,
        'idempotency-key': report.key,
        ...(key !== undefined && { authorization: `Bearer ${key.reveal()}` }),
      },
    };
    return new Promise((resolve, reject) => {
      const outgoing = this.request(this.url, options, (answer) => {
        const outcome = this.outcomeOf(answer);
        const chunks: Buffer[] = [];
        let bytes = 0;
        answer.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > TRAFFIC_LIMITS.answerBytes) outgoing.destroy();
          else chunks.push(chunk);
        });
        answer.on('error', () => undefined);
        // The status is the answer, whatever becomes of the rest.
        answer.once('close', () => {
          const isRead = outcome.kind === 'accepted' && answer.complete;
          const month = isRead ? readReceivedMonth(Buffer.concat(chunks).toString()) : undefined;
          resolve(month === undefined ? outcome : { kind: 'accepted', month });
        });
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  private outcomeOf({ statusCode: status = 0, headers }: http.IncomingMessage): SendOutcome {
    if (status >= 200 && status < 300) return { kind: 'accepted' };
    if (REFUSALS.has(status)) return { kind: 'refused', status };
    const afterMs = retryAfterMs(headers['retry-after'], this.clock.nowMs());
    const reason = `status ${String(status)}`;
    return { kind: 'failed', reason, ...(afterMs !== undefined && { retryAfterMs: afterMs }) };
  }
}

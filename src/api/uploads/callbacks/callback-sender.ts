import { Agent, type RequestOptions, request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { type CallbackNetwork, ForbiddenAddressError } from './callback-network';

/** Bounds on what a receiver can make us do; `docs/limits.md` lists them. */
export const CALLBACK_LIMITS = {
  /** For everything: resolving, connecting, sending and the answer. */
  timeoutMs: 10_000,
  /** Of an answer's body; what is read is thrown away. */
  maxAnswerBytes: 65_536,
} as const;

/**
 * What became of one delivery.
 * - `answered`: with this status
 * - `failed`: for this reason, which tells nothing of the network
 * - `cancelled`: this process is ending
 */
export type Delivery =
  | { readonly kind: 'answered'; readonly status: number }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'cancelled' };

/** POSTs callbacks over https to addresses that may be reached, each over a connection of its own, following nobody's redirects. */
export class CallbackSender {
  private readonly agent: Agent;

  /** @param options `ca`: whom to trust instead of the system's authorities; `timeoutMs`: for one delivery */
  constructor(
    private readonly network: CallbackNetwork,
    private readonly userAgent: string,
    private readonly options: { readonly ca?: string; readonly timeoutMs?: number } = {},
  ) {
    const { ca } = options;
    this.agent = new Agent({ keepAlive: false, maxCachedSessions: 0, ...(ca === undefined ? {} : { ca }) });
  }

  /**
   * Never throws.
   * @param url https
   * @param body JSON, sent as it is
   * @param cancelled ends it early
   */
  async send(
    url: string,
    body: string,
    headers: Readonly<Record<string, string>>,
    cancelled: AbortSignal,
  ): Promise<Delivery> {
    const deadline = AbortSignal.timeout(this.options.timeoutMs ?? CALLBACK_LIMITS.timeoutMs);
    try {
      const status = await this.post(new URL(url), Buffer.from(body), headers, AbortSignal.any([deadline, cancelled]));
      return { kind: 'answered', status };
    } catch (error) {
      if (cancelled.aborted) return { kind: 'cancelled' };
      return { kind: 'failed', reason: deadline.aborted ? 'no answer in time' : reasonOf(error) };
    }
  }

  private async post(
    url: URL,
    body: Buffer,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<number> {
    if (url.protocol !== 'https:') throw new Error('the address is not https');
    this.network.checkLiteral(url);
    const options: RequestOptions = {
      method: 'POST',
      agent: this.agent,
      lookup: this.network.lookup,
      signal,
      headers: {
        ...headers,
        'content-type': 'application/json',
        'content-length': body.length,
        'user-agent': this.userAgent,
      },
    };
    return new Promise((resolve, reject) => {
      let status: number | undefined;
      const outgoing = request(url, options, (answer) => {
        status = answer.statusCode ?? 0;
        discard(answer, () => outgoing.destroy());
      });
      outgoing.once('error', (error) => {
        if (status === undefined) reject(error);
      });
      // The status is the answer; what becomes of the body changes nothing about it.
      outgoing.once('close', () => {
        resolve(status ?? 0);
      });
      outgoing.end(body);
    });
  }
}

/** Reads a body to its end, or as far as is allowed. */
function discard(answer: IncomingMessage, done: () => void): void {
  let bytes = 0;
  answer.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > CALLBACK_LIMITS.maxAnswerBytes) done();
  });
  answer.once('close', done);
  answer.once('error', done);
}

/** What may be kept of an error: its text may hold the address that a name led to. */
function reasonOf(error: unknown): string {
  if (error instanceof ForbiddenAddressError) return error.message;
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' ? `the connection failed: ${code}` : 'the connection failed';
}

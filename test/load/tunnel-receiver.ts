import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SeededRandom } from './seeded-random';

/** A report as it came. */
export interface ReceivedReport {
  readonly key: string;
  readonly body: string;
  readonly authorization: string;
}

/** What becomes of a try, before or after it was taken: the server's error, a reset connection, no answer at all. */
const FAULTS = ['error', 'reset', 'silence'] as const;
/** No answer takes the gateway ten seconds each time, and one of eight connections. */
const WEIGHTS: Readonly<Record<(typeof FAULTS)[number], number>> = { error: 50, reset: 45, silence: 5 };

/** Takes reports of traffic, and fails half of the time: half of the failures come after the report was taken. */
export class FailingReceiver {
  /** Tries by what became of them. */
  readonly tries = new Map<string, number>();
  private readonly server: Server;

  private constructor(
    private readonly random: SeededRandom,
    private readonly take: (report: ReceivedReport) => Promise<number>,
  ) {
    this.server = createServer((request, response) => {
      void this.receive(request, response).catch(() => request.socket.destroy());
    });
  }

  /** @param take counts a report, once for each key. @returns the status to answer with */
  static async start(
    random: SeededRandom,
    take: (report: ReceivedReport) => Promise<number>,
  ): Promise<FailingReceiver> {
    const receiver = new FailingReceiver(random, take);
    await new Promise<void>((resolve) => receiver.server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}/traffic/report`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const fault = this.random.next() < 0.5 ? this.pickFault() : undefined;
    const isLate = this.random.next() < 0.5;
    this.count(fault === undefined ? 'taken' : `${fault} ${isLate ? 'after' : 'before'}`);
    let status = 503;
    if (fault === undefined || isLate) {
      status = await this.take({
        key: String(request.headers['idempotency-key'] ?? ''),
        body: Buffer.concat(chunks).toString('utf8'),
        authorization: request.headers.authorization ?? '',
      });
    }
    if (fault === 'silence') return;
    if (fault === 'reset') request.socket.resetAndDestroy();
    else response.writeHead(fault === 'error' ? 503 : status).end();
  }

  private pickFault(): (typeof FAULTS)[number] {
    let left = this.random.between(1, 100);
    return FAULTS.find((fault) => (left -= WEIGHTS[fault]) <= 0) ?? 'error';
  }

  private count(what: string): void {
    this.tries.set(what, (this.tries.get(what) ?? 0) + 1);
  }
}

/** Bytes in both directions. */
export interface Moved {
  readonly inBytes: number;
  readonly outBytes: number;
}

/** Counts reports as the contract says: each key once. */
export class ReportLedger {
  /** What no gateway may do, in words. */
  readonly faults: string[] = [];
  private readonly seen = new Map<string, string>();
  private readonly totals = new Map<string, Moved>();

  get reports(): number {
    return this.seen.size;
  }

  take({ key, body }: ReceivedReport): void {
    const before = this.seen.get(key);
    if (before !== undefined) {
      if (before !== body) this.faults.push(`one key for ${before} and ${body}`);
      return;
    }
    this.seen.set(key, body);
    if (key === '') this.faults.push('a report without a key');
    const report = JSON.parse(body) as { token: string; proxyName: string; trafficIn: number; trafficOut: number };
    const { inBytes, outBytes } = this.totalOf(report.token, report.proxyName);
    this.totals.set(`${report.token} ${report.proxyName}`, {
      inBytes: inBytes + report.trafficIn,
      outBytes: outBytes + report.trafficOut,
    });
  }

  totalOf(token: string, proxyName: string): Moved {
    return this.totals.get(`${token} ${proxyName}`) ?? { inBytes: 0, outBytes: 0 };
  }
}

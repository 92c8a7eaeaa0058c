/** Of an event loop, in milliseconds; the ten between two looks of Node's own are in them. */
export interface LoopDelay {
  readonly p99Ms: number;
  readonly maxMs: number;
}

const NONE: LoopDelay = { p99Ms: 0, maxMs: 0 };

/** What a gateway tells of itself on its admin port. */
export class GatewayLook {
  private delay = NONE;

  /** @param url of the admin port */
  constructor(private readonly url: string) {}

  async health(): Promise<{ readonly status: string; readonly code: number; readonly source: string }> {
    const answer = await fetch(`${this.url}/healthz`);
    const body = (await answer.json()) as { status: string; token_source: { state: string } };
    return { status: body.status, code: answer.status, source: body.token_source.state };
  }

  /** One line of `/metrics`, by its name and labels. @throws where it is not */
  async reading(series: string): Promise<number> {
    return valueIn(await this.metrics(), series);
  }

  /** The worst since this was asked for last. */
  async worstLoopDelay(): Promise<LoopDelay> {
    await this.metrics();
    const { delay } = this;
    this.delay = NONE;
    return delay;
  }

  private async metrics(): Promise<string> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    // With every look the gateway begins to measure anew.
    this.delay = {
      p99Ms: Math.max(this.delay.p99Ms, valueIn(text, 'tollgate_nodejs_eventloop_lag_p99_seconds') * 1_000),
      maxMs: Math.max(this.delay.maxMs, valueIn(text, 'tollgate_nodejs_eventloop_lag_max_seconds') * 1_000),
    };
    return text;
  }
}

function valueIn(text: string, series: string): number {
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  if (line === undefined) throw new Error(`no ${series} in the metrics`);
  return Number(line.slice(series.length + 1));
}

import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import {
  GATEWAY_COMMAND_KEPT_MS,
  GATEWAY_SHOW_LEASE_MS,
  GatewayBoard,
  TollgateError,
  randomHex,
} from '@tollgate/domain';
import type { Log } from '@tollgate/observability';
import type { IKeyValue } from 'etcd3';
import type { EtcdOptions } from './etcd-options';
import { EtcdSession } from './etcd-session';
import { KeyRange } from './key-range';
import { ETCD_LIMITS } from './limits';
import { watchRange } from './watch-range';

const SECOND_MS = 1_000;
/** Keys that one answer has at most; a gateway with many clients shows several texts. */
const PAGE_KEYS = 16;

/**
 * A board in etcd: texts and commands are keys with leases. One connection is kept, to one server after the other; after
 * each new one the commands that are there and were not heard are heard.
 * @public loaded when it is chosen
 */
export class EtcdGatewayBoard extends GatewayBoard {
  private readonly shown = new KeyRange('/tollgate/gateways/');
  private readonly commands = new KeyRange('/tollgate/commands/');
  private readonly closing = new AbortController();
  private readonly hearers = new Set<{ readonly hear: (command: string) => void }>();
  private readonly heard = new Set<string>();
  private running: Promise<void> | undefined;
  private live: EtcdSession | undefined;
  private hasBeenLive = false;
  private readonly whenLive: (() => void)[] = [];

  constructor(
    private readonly options: EtcdOptions,
    private readonly log: Log,
  ) {
    super();
    if (options.endpoints.length === 0) throw new RangeError('no endpoint of etcd');
  }

  override async show(name: string, text: string): Promise<void> {
    await this.put(this.shown.keyOf(name), text, GATEWAY_SHOW_LEASE_MS);
  }

  override async hide(name: string): Promise<void> {
    const key = this.shown.keyOf(name);
    await this.ask((session) => session.txn({ success: [{ request_delete_range: { key } }] }));
  }

  override async listShown(): Promise<readonly string[]> {
    return (await this.ask((session) => listAll(session, this.shown))).kvs.map(({ value }) => value.toString('utf8'));
  }

  override async tell(command: string): Promise<void> {
    await this.put(this.commands.keyOf(randomHex(16)), command, GATEWAY_COMMAND_KEPT_MS);
  }

  override async listen(hear: (command: string) => void): Promise<() => Promise<void>> {
    await this.untilLive();
    const hearer = { hear };
    this.hearers.add(hearer);
    return async () => {
      this.hearers.delete(hearer);
      return Promise.resolve();
    };
  }

  override async close(): Promise<void> {
    this.closing.abort();
    for (const done of this.whenLive.splice(0)) done();
    await this.running;
  }

  private async put(key: Buffer, text: string, leaseMs: number): Promise<void> {
    await this.ask(async (session) => {
      const deadline = Date.now() + ETCD_LIMITS.answerMs;
      const lease = await session.client.leaseClient.leaseGrant({ TTL: Math.ceil(leaseMs / SECOND_MS) }, { deadline });
      await session.txn({ success: [{ request_put: { key, value: Buffer.from(text), lease: lease.ID } }] });
    });
  }

  private async ask<T>(question: (session: EtcdSession) => Promise<T>): Promise<T> {
    const session = await this.untilLive();
    try {
      return await question(session);
    } catch (error) {
      throw unavailable(error);
    }
  }

  /** Waits for the very first connection only: later ones have been there, and are away. */
  private async untilLive(): Promise<EtcdSession> {
    this.running ??= this.run();
    if (this.live === undefined && !this.hasBeenLive && !this.closing.signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, this.options.dialTimeoutMs ?? ETCD_LIMITS.dialTimeoutMs);
        this.whenLive.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
    if (this.live === undefined) throw unavailable();
    return this.live;
  }

  private async run(): Promise<void> {
    const { endpoints } = this.options;
    const { signal } = this.closing;
    for (let tries = randomInt(endpoints.length); !signal.aborted; tries += 1) {
      const endpoint = endpoints[tries % endpoints.length] ?? '';
      try {
        await this.follow(endpoint);
      } catch (error) {
        if (this.closing.signal.aborted) return;
        const reason = error instanceof Error ? error.message : String(error);
        this.log.debug({ endpoint, reason }, 'the board of the gateways is away');
        await pause(ETCD_LIMITS.firstRetryMs * 2, undefined, { ref: false, signal }).catch(() => undefined);
      }
    }
  }

  private async follow(endpoint: string): Promise<void> {
    const session = EtcdSession.open(endpoint, this.options);
    const ending = new AbortController();
    const end = (): void => {
      ending.abort();
    };
    this.closing.signal.addEventListener('abort', end);
    try {
      await session.dial({ key: this.commands.start, count_only: true });
      const { kvs, revision } = await listAll(session, this.commands);
      this.takeListed(kvs);
      const watching = watchRange(
        session,
        this.commands,
        revision + 1,
        {
          onReady: () => {
            this.live = session;
            this.hasBeenLive = true;
            for (const done of this.whenLive.splice(0)) done();
          },
          onEvent: ({ type, kv }) => {
            if (type === 'Delete') this.heard.delete(kv.key.toString());
            else this.take(kv);
          },
          onRevision: () => undefined,
        },
        ending.signal,
      );
      await Promise.race([watching, this.probe(session, ending.signal)]);
    } finally {
      this.live = undefined;
      this.closing.signal.removeEventListener('abort', end);
      ending.abort();
      session.close();
    }
  }

  private takeListed(kvs: readonly IKeyValue[]): void {
    const present = new Set(kvs.map(({ key }) => key.toString()));
    for (const key of this.heard) if (!present.has(key)) this.heard.delete(key);
    // What was told before anybody listened is for nobody.
    if (this.hasBeenLive) for (const kv of kvs) this.take(kv);
    else for (const key of present) this.heard.add(key);
  }

  private take({ key, value }: IKeyValue): void {
    const name = key.toString();
    if (this.heard.has(name)) return;
    this.heard.add(name);
    for (const { hear } of [...this.hearers]) hear(value.toString('utf8'));
  }

  /** Fails when the server does not answer in time, or has no quorum: neither is seen by the watch itself. */
  private async probe(session: EtcdSession, signal: AbortSignal): Promise<never> {
    for (;;) {
      await pause(ETCD_LIMITS.probeMs, undefined, { ref: false, signal });
      await session.range({ key: this.commands.start, count_only: true });
    }
  }
}

async function listAll(
  session: EtcdSession,
  range: KeyRange,
): Promise<{ readonly kvs: readonly IKeyValue[]; readonly revision: number }> {
  const kvs: IKeyValue[] = [];
  let key = range.start;
  let revision: string | undefined;
  for (;;) {
    const page = await session.range({
      key,
      range_end: range.end,
      limit: PAGE_KEYS,
      ...(revision !== undefined && { revision }),
    });
    revision ??= page.header.revision;
    kvs.push(...page.kvs);
    const last = page.kvs.at(-1);
    if (!page.more || last === undefined) return { kvs, revision: Number(revision) };
    key = Buffer.concat([last.key, Buffer.from([0])]);
  }
}

function unavailable(cause?: unknown): TollgateError {
  return new TollgateError('unavailable', 'the gateways can not be reached', {
    retryAfterSeconds: 1,
    ...(cause !== undefined && { cause }),
  });
}

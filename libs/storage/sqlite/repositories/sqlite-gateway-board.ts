import { type Clock, GATEWAY_COMMAND_KEPT_MS, GATEWAY_SHOW_LEASE_MS, GatewayBoard } from '@tollgate/domain';
import { SQLITE_LIMITS } from '../limits';
import type { SqliteReader } from '../sqlite-reader';
import type { GroupCommitWriter } from '../writer/group-commit-writer';

interface Hearer {
  readonly hear: (command: string) => void;
  /** Of the last command that it has heard. */
  seq: number;
}

/** The gateways' board in the embedded store. What other processes tell shows as another `data_version` of the file. */
export class SqliteGatewayBoard extends GatewayBoard {
  private readonly hearers = new Set<Hearer>();
  private timer: NodeJS.Timeout | undefined;
  private seenVersion: number | undefined;

  /** @param onFault told when the file cannot be read */
  constructor(
    private readonly reader: SqliteReader,
    private readonly writer: GroupCommitWriter,
    private readonly clock: Clock,
    private readonly onFault: (error: unknown) => void,
  ) {
    super();
  }

  override async show(name: string, text: string): Promise<void> {
    const nowMs = this.clock.nowMs();
    const input = { name, body: text, nowMs, untilMs: nowMs + GATEWAY_SHOW_LEASE_MS };
    await this.writer.submit({ verb: 'gatewayBoard.show', input });
  }

  override async hide(name: string): Promise<void> {
    await this.writer.submit({ verb: 'gatewayBoard.hide', input: { name } });
  }

  override async listShown(): Promise<readonly string[]> {
    const rows = this.reader.all('SELECT body FROM gateway_texts WHERE until_ms > ?', this.clock.nowMs());
    return (rows as { body: string }[]).map(({ body }) => body);
  }

  override async tell(command: string): Promise<void> {
    const nowMs = this.clock.nowMs();
    const input = { body: command, nowMs, forgetBeforeMs: nowMs - GATEWAY_COMMAND_KEPT_MS };
    await this.writer.submit({ verb: 'gatewayBoard.tell', input });
    this.read();
  }

  override async listen(hear: (command: string) => void): Promise<() => Promise<void>> {
    const newest = this.reader.get(`SELECT seq FROM sqlite_sequence WHERE name = 'gateway_commands'`);
    const hearer = { hear, seq: (newest as { seq: number } | undefined)?.seq ?? 0 };
    this.hearers.add(hearer);
    this.timer ??= setInterval(() => {
      this.poll();
    }, SQLITE_LIMITS.changePollMs).unref();
    return async () => {
      this.hearers.delete(hearer);
      if (this.hearers.size === 0) this.stop();
      return Promise.resolve();
    };
  }

  /** The store is not its own. */
  override async close(): Promise<void> {
    this.stop();
    return Promise.resolve();
  }

  /** Listens no longer. */
  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private poll(): void {
    try {
      const version = this.reader.dataVersion();
      if (version === this.seenVersion) return;
      this.read();
      this.seenVersion = version;
    } catch (error) {
      this.onFault(error);
    }
  }

  private read(): void {
    for (const hearer of [...this.hearers]) {
      const rows = this.reader.all('SELECT seq, body FROM gateway_commands WHERE seq > ? ORDER BY seq', hearer.seq);
      for (const { seq, body } of rows as { seq: number; body: string }[]) {
        hearer.seq = seq;
        hearer.hear(body);
      }
    }
  }
}

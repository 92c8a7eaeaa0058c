import { type Change, ChangeFeed, ChangeListeners } from '@tollgate/domain';
import type { LoggedChanges } from './commands/change-log';
import { SQLITE_LIMITS } from './limits';
import type { SqliteReader } from './sqlite-reader';

interface ChangeRow {
  readonly seq: number;
  readonly kind: 'token' | 'account';
  readonly key: string;
}

/**
 * Own writes are told by the writer as they commit. Those of other processes show as another `data_version` of the
 * file, which costs next to nothing to ask for, and are then read from the change log. A change may be told twice.
 */
export class SqliteChangeFeed extends ChangeFeed {
  override readonly latencyMs = SQLITE_LIMITS.changeLatencyMs;
  private readonly listeners: ChangeListeners;
  private timer: NodeJS.Timeout | undefined;
  private seenVersion: number | undefined;
  private seenSeq: number;

  /** @param onFault told when a subscriber throws or the file cannot be read */
  constructor(
    private readonly reader: SqliteReader,
    private readonly onFault: (error: unknown) => void,
  ) {
    super();
    this.listeners = new ChangeListeners(onFault);
    this.seenSeq = this.newestSeq();
  }

  override subscribe(listener: (change: Change) => void): () => void {
    return this.listeners.subscribe(listener);
  }

  /** Looks for changes of other processes from now on, without keeping this process alive. */
  start(): void {
    this.timer ??= setInterval(() => {
      this.poll();
    }, SQLITE_LIMITS.changePollMs).unref();
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** Tells of what this process has just committed. */
  tellOwn({ changes, firstSeq, lastSeq }: LoggedChanges): void {
    // Unless another process wrote in between, the poll need not read these again.
    if (firstSeq === this.seenSeq + 1) this.seenSeq = lastSeq;
    for (const change of changes) this.listeners.tell(change);
  }

  /** One look at the file; {@link start} repeats it. */
  poll(): void {
    try {
      const version = this.reader.dataVersion();
      if (version === this.seenVersion) return;
      const changes = this.readNew();
      this.seenVersion = version;
      for (const change of changes) this.listeners.tell(change);
    } catch (error) {
      this.onFault(error);
      // Whatever was missed meanwhile, nobody may go on believing what they cached.
      this.listeners.tell({ kind: 'all' });
    }
  }

  private readNew(): readonly Change[] {
    return this.reader.snapshot(() => {
      const rows = this.reader.all(
        'SELECT seq, kind, key FROM changes WHERE seq > ? ORDER BY seq LIMIT ?',
        this.seenSeq,
        SQLITE_LIMITS.changesPerPoll,
      ) as ChangeRow[];
      const newest = this.newestSeq();
      const missing = newest - this.seenSeq - rows.length;
      this.seenSeq = newest;
      // Numbers have no gaps, so a shortfall means: trimmed away, too many for one poll, or another file by now.
      return missing === 0 ? rows.map(toChange) : [{ kind: 'all' }];
    });
  }

  private newestSeq(): number {
    const row = this.reader.get(`SELECT seq FROM sqlite_sequence WHERE name = 'changes'`);
    return (row as { seq: number } | undefined)?.seq ?? 0;
  }
}

function toChange({ kind, key }: ChangeRow): Change {
  return kind === 'token' ? { kind, tokenHash: key } : { kind, accountId: key };
}

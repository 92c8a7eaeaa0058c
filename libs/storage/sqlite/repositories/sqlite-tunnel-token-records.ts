import {
  type SealedSecret,
  type TunnelTokenRecord,
  type TunnelTokenRecordChanges,
  type TunnelTokenRecordCommit,
  TunnelTokenRecords,
  type TunnelTokenRecordWrite,
} from '@tollgate/domain';
import type { TunnelTokenRowWrite } from '../commands/tunnel-token-command';
import { SQLITE_LIMITS } from '../limits';
import { toTunnelTokenRecord, TUNNEL_TOKEN_COLUMNS, type TunnelTokenRow } from '../rows/tunnel-token-row';
import type { SqliteReader } from '../sqlite-reader';
import type { GroupCommitWriter } from '../writer/group-commit-writer';

const SELECT = `SELECT ${TUNNEL_TOKEN_COLUMNS} FROM tunnel_tokens`;
const BEFORE_ALL = Buffer.alloc(0);

/** Tunnel tokens in the embedded store. Changes by other processes show as another `data_version` of the file. */
export class SqliteTunnelTokenRecords extends TunnelTokenRecords {
  private readonly listeners = new Set<{ readonly tell: () => void }>();
  private timer: NodeJS.Timeout | undefined;
  private seenVersion: number | undefined;

  /** @param onFault told when a subscriber throws or the file cannot be read */
  constructor(
    private readonly reader: SqliteReader,
    private readonly writer: GroupCommitWriter,
    private readonly onFault: (error: unknown) => void,
  ) {
    super();
  }

  override async findByHash(hash: Buffer): Promise<TunnelTokenRecord | undefined> {
    const row = this.reader.get(`${SELECT} WHERE hash = ?`, hash) as TunnelTokenRow | undefined;
    return row === undefined ? undefined : toTunnelTokenRecord(row);
  }

  override async listAfter(afterHash: Buffer | undefined, limit: number): Promise<readonly TunnelTokenRecord[]> {
    const rows = this.reader.all(`${SELECT} WHERE hash > ? ORDER BY hash LIMIT ?`, afterHash ?? BEFORE_ALL, limit);
    return (rows as TunnelTokenRow[]).map(toTunnelTokenRecord);
  }

  override async commit(writes: readonly TunnelTokenRecordWrite[]): Promise<TunnelTokenRecordCommit> {
    const outcome = await this.writer.submit({
      verb: 'tunnelToken.commit',
      input: { writes: writes.map(toRowWrite) },
    });
    if (outcome === 'done') this.tell();
    return outcome;
  }

  override async listChanges(afterSeq: number): Promise<TunnelTokenRecordChanges> {
    return this.reader.snapshot(() => {
      const newest = this.reader.get(`SELECT seq FROM sqlite_sequence WHERE name = 'tunnel_token_changes'`);
      const seq = (newest as { seq: number } | undefined)?.seq ?? 0;
      if (afterSeq < 0) return { seq, hashes: 'all' };
      const rows = this.reader.all(
        'SELECT hash FROM tunnel_token_changes WHERE seq > ? ORDER BY seq LIMIT ?',
        afterSeq,
        SQLITE_LIMITS.changesPerPoll,
      ) as { hash: Buffer }[];
      // Numbers have no gaps, so a shortfall means: trimmed away, too many at once, or another file by now.
      return { seq, hashes: rows.length === seq - afterSeq ? rows.map(({ hash }) => hash) : 'all' };
    });
  }

  override subscribe(listener: () => void): () => void {
    const subscription = { tell: listener };
    this.listeners.add(subscription);
    this.timer ??= setInterval(() => {
      this.poll();
    }, SQLITE_LIMITS.changePollMs).unref();
    return () => {
      this.listeners.delete(subscription);
      if (this.listeners.size === 0) this.stop();
    };
  }

  override async listSealedOtherwise(
    keyId: string,
    afterHash: Buffer | undefined,
    limit: number,
  ): Promise<readonly TunnelTokenRecord[]> {
    const rows = this.reader.all(
      `${SELECT} WHERE key_id <> ? AND hash > ? ORDER BY hash LIMIT ?`,
      keyId,
      afterHash ?? BEFORE_ALL,
      limit,
    );
    return (rows as TunnelTokenRow[]).map(toTunnelTokenRecord);
  }

  override async reseal(hash: Buffer, from: SealedSecret, to: SealedSecret): Promise<boolean> {
    return this.writer.submit({
      verb: 'tunnelToken.reseal',
      input: {
        hash,
        fromKeyId: from.keyId,
        fromEnvelope: from.envelope,
        toKeyId: to.keyId,
        toEnvelope: to.envelope,
      },
    });
  }

  /** Looks for changes no longer. */
  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private poll(): void {
    try {
      const version = this.reader.dataVersion();
      if (version === this.seenVersion) return;
      this.seenVersion = version;
    } catch (error) {
      // Whoever then looks learns that the store is away.
      this.seenVersion = undefined;
      this.onFault(error);
    }
    this.tell();
  }

  private tell(): void {
    for (const { tell } of [...this.listeners]) {
      try {
        tell();
      } catch (error) {
        this.onFault(error);
      }
    }
  }
}

function toRowWrite(write: TunnelTokenRecordWrite): TunnelTokenRowWrite {
  if (write.kind !== 'insert') return write;
  const { kind, hash, document, sealed } = write;
  return { kind, hash, document, keyId: sealed.keyId, envelope: sealed.envelope };
}

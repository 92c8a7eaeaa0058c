import { ReplayRepository } from '@tollgate/domain';
import { detached } from '../rows/token-row';
import type { GroupCommitWriter } from '../writer/group-commit-writer';

/** Used signatures in the embedded store. */
export class SqliteReplayRepository extends ReplayRepository {
  constructor(private readonly writer: GroupCommitWriter) {
    super();
  }

  override async claim(key: Buffer, now: Date, expiresAt: Date): Promise<boolean> {
    return this.writer.submit({
      verb: 'replay.claim',
      input: { key: detached(key), nowMs: now.getTime(), expiresAtMs: expiresAt.getTime() },
    });
  }

  override async release(key: Buffer): Promise<void> {
    await this.writer.submit({ verb: 'replay.release', input: { key: detached(key) } });
  }

  override async purge(now: Date, limit: number): Promise<number> {
    return this.writer.submit({ verb: 'replay.purge', input: { nowMs: now.getTime(), limit } });
  }
}

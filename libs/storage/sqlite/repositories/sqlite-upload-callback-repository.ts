import { type AuditRecord, type UploadCallback, UploadCallbackRepository } from '@tollgate/domain';
import { toAuditRow } from '../rows/audit-row';
import { toUploadCallback } from '../rows/upload-callback-row';
import type { SqliteReader } from '../sqlite-reader';
import type { GroupCommitWriter } from '../writer/group-commit-writer';

const IS_DUE = 'SELECT 1 FROM upload_callbacks WHERE due_at <= ? LIMIT 1';

/** What is still to be told of uploads, in the embedded store. */
export class SqliteUploadCallbackRepository extends UploadCallbackRepository {
  constructor(
    private readonly reader: SqliteReader,
    private readonly writer: GroupCommitWriter,
  ) {
    super();
  }

  override async claimDue(now: Date, until: Date, limit: number): Promise<readonly UploadCallback[]> {
    // Asked again and again, mostly for nothing, which then costs no fsync.
    if (this.reader.get(IS_DUE, now.getTime()) === undefined) return [];
    const rows = await this.writer.submit({
      verb: 'uploadCallback.claimDue',
      input: { nowMs: now.getTime(), untilMs: until.getTime(), limit },
    });
    return rows.map(toUploadCallback);
  }

  override async postpone(callbackId: string, dueAt: Date): Promise<void> {
    await this.writer.submit({ verb: 'uploadCallback.postpone', input: { callbackId, dueAtMs: dueAt.getTime() } });
  }

  override async remove(callbackId: string, audit: AuditRecord): Promise<boolean> {
    return this.writer.submit({ verb: 'uploadCallback.remove', input: { callbackId, audit: toAuditRow(audit) } });
  }
}

import {
  type AuditRecord,
  type DeletedFile,
  type Page,
  type PageRequest,
  type UploadCommit,
  type UploadedFile,
  type UploadedFileFilter,
  UploadedFileRepository,
} from '@tollgate/domain';
import { toAuditRow } from '../rows/audit-row';
import { toUploadedFile, UPLOADED_FILE_COLUMNS, type UploadedFileRow } from '../rows/uploaded-file-row';
import type { SqliteReader } from '../sqlite-reader';
import type { GroupCommitWriter } from '../writer/group-commit-writer';
import { narrowing } from './narrowing';
import { readPage } from './read-page';
import { toFileCommit } from './to-file-commit';

const FIND = `SELECT ${UPLOADED_FILE_COLUMNS} FROM uploaded_files WHERE id = ? AND account_id = ?`;
const FIND_ACROSS_ACCOUNTS = `SELECT ${UPLOADED_FILE_COLUMNS} FROM uploaded_files WHERE id = ?`;
const USED_BYTES = 'SELECT bytes FROM uploaded_bytes WHERE account_id = ?';
const LIST_DELETED = 'SELECT id, storage_key AS storageKey FROM deleted_files ORDER BY seq LIMIT ?';
const FIND_EXISTING = 'SELECT id FROM uploaded_files WHERE id IN (SELECT value FROM json_each(?))';

/** Files in the embedded store. */
export class SqliteUploadedFileRepository extends UploadedFileRepository {
  constructor(
    private readonly reader: SqliteReader,
    private readonly writer: GroupCommitWriter,
  ) {
    super();
  }

  override async insert(commit: UploadCommit): Promise<'stored' | 'quota'> {
    return this.writer.submit({ verb: 'uploadedFile.insert', input: toFileCommit(commit) });
  }

  override async findById(accountId: string, fileId: string): Promise<UploadedFile | undefined> {
    const row = this.reader.get(FIND, fileId, accountId) as UploadedFileRow | undefined;
    return row === undefined ? undefined : toUploadedFile(row);
  }

  override async findByIdAcrossAccounts(fileId: string): Promise<UploadedFile | undefined> {
    const row = this.reader.get(FIND_ACROSS_ACCOUNTS, fileId) as UploadedFileRow | undefined;
    return row === undefined ? undefined : toUploadedFile(row);
  }

  override async list(accountId: string, filter: UploadedFileFilter, page: PageRequest): Promise<Page<UploadedFile>> {
    return this.read(accountId, filter, page);
  }

  override async listAcrossAccounts(filter: UploadedFileFilter, page: PageRequest): Promise<Page<UploadedFile>> {
    return this.read(undefined, filter, page);
  }

  override async usedBytes(accountId: string): Promise<number> {
    const row = this.reader.get(USED_BYTES, accountId) as { bytes: number } | undefined;
    return row?.bytes ?? 0;
  }

  override async delete(accountId: string, fileId: string, audit: AuditRecord): Promise<UploadedFile | undefined> {
    const row = await this.writer.submit({
      verb: 'uploadedFile.delete',
      input: { accountId, fileId, audit: toAuditRow(audit) },
    });
    return row === null ? undefined : toUploadedFile(row);
  }

  override async listDeleted(limit: number): Promise<readonly DeletedFile[]> {
    return this.reader.all(LIST_DELETED, limit) as DeletedFile[];
  }

  override async forgetDeleted(fileIds: readonly string[]): Promise<void> {
    if (fileIds.length === 0) return;
    await this.writer.submit({ verb: 'uploadedFile.forgetDeleted', input: { fileIds } });
  }

  override async findExisting(fileIds: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = this.reader.all(FIND_EXISTING, JSON.stringify(fileIds)) as { id: string }[];
    return new Set(rows.map(({ id }) => id));
  }

  private read(accountId: string | undefined, filter: UploadedFileFilter, page: PageRequest): Page<UploadedFile> {
    return readPage(
      this.reader,
      {
        columns: UPLOADED_FILE_COLUMNS,
        table: 'uploaded_files',
        ...narrowing([
          ['account_id = @accountId', 'accountId', accountId],
          ['iuid = @iuid', 'iuid', filter.iuid],
          ['owner_label = @ownerLabel', 'ownerLabel', filter.ownerLabel],
          ['token_id = @tokenId', 'tokenId', filter.tokenId],
        ]),
        orderBy: 'created_at DESC, id',
        toItem: toUploadedFile,
      },
      page,
    );
  }
}

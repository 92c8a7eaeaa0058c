import type { AuditRecord } from '../audit-record';
import type { Page, PageRequest } from '../page';
import type { UploadCommit } from './upload-token-repository';
import type { UploadedFile } from './uploaded-file';

export interface UploadedFileFilter {
  /** Only files whose token had this owner label. */
  readonly ownerLabel?: string;
  /** Only files whose token this sub-account issued. */
  readonly iuid?: string;
  /** Only the file of this token. */
  readonly tokenId?: string;
}

/** A file whose record is gone for everybody and whose content is not yet. */
export interface DeletedFile {
  readonly id: string;
  readonly storageKey: string;
}

/** Records of stored uploads. Every verb is atomic; the audit record it is given is kept exactly when the change is. */
export abstract class UploadedFileRepository {
  /**
   * Keeps a file that was uploaded without a token.
   * @throws DuplicateError with field `id`
   */
  abstract insert(commit: UploadCommit): Promise<'stored' | 'quota'>;

  abstract findById(accountId: string, fileId: string): Promise<UploadedFile | undefined>;

  /** Operator: the same over every account. */
  abstract findByIdAcrossAccounts(fileId: string): Promise<UploadedFile | undefined>;

  /** Newest first, ties by id. */
  abstract list(accountId: string, filter: UploadedFileFilter, page: PageRequest): Promise<Page<UploadedFile>>;

  /** Operator: the same over every account. */
  abstract listAcrossAccounts(filter: UploadedFileFilter, page: PageRequest): Promise<Page<UploadedFile>>;

  /** Bytes of all files of an account. */
  abstract usedBytes(accountId: string): Promise<number>;

  /**
   * Makes a file invisible; its content is removed by whoever sees it in {@link listDeleted}. Of several at once, exactly
   * one is told the file.
   */
  abstract delete(accountId: string, fileId: string, audit: AuditRecord): Promise<UploadedFile | undefined>;

  /** For the sweep: up to `limit` deleted files whose content may still be there. */
  abstract listDeleted(limit: number): Promise<readonly DeletedFile[]>;

  /** The content of these deleted files is gone: nothing needs to be remembered of them. */
  abstract forgetDeleted(fileIds: readonly string[]): Promise<void>;

  /** For the sweep: which of these files have a record, deleted ones not among them. */
  abstract findExisting(fileIds: readonly string[]): Promise<ReadonlySet<string>>;
}

import { Injectable } from '@nestjs/common';
import {
  type Page,
  type PageRequest,
  TollgateError,
  type UploadedFile,
  type UploadedFileFilter,
  UploadedFileRepository,
  isIdShaped,
} from '@tollgate/domain';
import { FileStorage } from '@tollgate/file-storage';
import { Log } from '@tollgate/observability';
import { AuditTrail } from '../../audit/audit-trail.service';
import type { Caller } from '../../http/caller';
import type { StorageOwner } from '../../upload-tokens/storage-owner';

/** Stored uploads, as far as each caller may see and touch them. What is another's answers like what is not there. */
@Injectable()
export class FilesService {
  constructor(
    private readonly files: UploadedFileRepository,
    private readonly storage: FileStorage,
    private readonly audit: AuditTrail,
    private readonly log: Log,
  ) {}

  /** @param ownerLabel `undefined`: any */
  list(owner: StorageOwner, ownerLabel: string | undefined, page: PageRequest): Promise<Page<UploadedFile>> {
    const filter: UploadedFileFilter = {
      ...(ownerLabel === undefined ? {} : { ownerLabel }),
      ...(owner.iuid === undefined ? {} : { iuid: owner.iuid }),
    };
    return owner.accountId === undefined
      ? this.files.listAcrossAccounts(filter, page)
      : this.files.list(owner.accountId, filter, page);
  }

  /** @throws TollgateError `not_found` */
  async find(owner: StorageOwner, fileId: string): Promise<UploadedFile> {
    if (!isIdShaped(fileId)) throw fileNotFound();
    const file =
      owner.accountId === undefined
        ? await this.files.findByIdAcrossAccounts(fileId)
        : await this.files.findById(owner.accountId, fileId);
    if (file === undefined || (owner.iuid !== undefined && file.iuid !== owner.iuid)) throw fileNotFound();
    return file;
  }

  /**
   * Takes a file away from everybody at once. Its content goes then; where that fails, the sweep sees to it.
   * @throws TollgateError `not_found`
   */
  async delete(owner: StorageOwner, fileId: string, caller: Caller): Promise<UploadedFile> {
    const { accountId, name, size, sha256 } = await this.find(owner, fileId);
    const audit = this.audit.describe({
      action: 'delete_file',
      accountId,
      resourceId: fileId,
      caller,
      data: { name, size, sha256, ...(owner.accountId === undefined ? { by: 'operator' } : {}) },
    });
    const deleted = await this.files.delete(accountId, fileId, audit);
    if (deleted === undefined) throw fileNotFound();
    await this.removeContent(deleted);
    return deleted;
  }

  private async removeContent({ id, storageKey }: UploadedFile): Promise<void> {
    try {
      await this.storage.remove(storageKey);
      await this.files.forgetDeleted([id]);
    } catch (error) {
      this.log.warn({ err: error, fileId: id }, "a deleted file's content could not be removed yet");
    }
  }
}

/** For a file that is not there, or is another's. */
export function fileNotFound(): TollgateError {
  return new TollgateError('not_found', 'file not found');
}

import type { UploadCommit } from '@tollgate/domain';
import type { FileCommit } from '../commands/upload-command';
import { toAuditRow } from '../rows/audit-row';
import { toUploadCallbackRow } from '../rows/upload-callback-row';
import { toUploadedFileRow } from '../rows/uploaded-file-row';

/** A finished upload in the form in which it crosses to the writer thread. */
export function toFileCommit({ file, callback, quotaBytes, audit }: UploadCommit): FileCommit {
  return {
    file: toUploadedFileRow(file),
    callback: callback === undefined ? null : toUploadCallbackRow(callback),
    quotaBytes: quotaBytes ?? null,
    audit: toAuditRow(audit),
  };
}

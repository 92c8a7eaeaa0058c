import { createHash } from 'node:crypto';
import { type UploadCallback, type UploadToken, type UploadedFile, newUploadCallbackId } from '@tollgate/domain';
import type { AuditEntry } from '../audit/audit-trail.service';
import type { Caller } from '../http/caller';
import type { UploadContent, UploadGrant } from './upload-grant';
import type { UploadError } from './upload-error';
import { uploadView } from './upload-view';

/** The record of a file that an upload becomes. */
export function fileOf(
  { fileId, accountId, token }: UploadGrant,
  content: UploadContent,
  idempotencyKey: string | undefined,
  createdAt: Date,
): UploadedFile {
  const { ownerLabel } = token?.options ?? {};
  return {
    id: fileId,
    accountId,
    ...(token === undefined ? {} : { tokenId: token.id }),
    ...content,
    ...(ownerLabel === undefined ? {} : { ownerLabel }),
    ...(token?.iuid === undefined ? {} : { iuid: token.iuid }),
    ...(idempotencyKey === undefined ? {} : { idempotencyHash: idempotencyHashOf(idempotencyKey) }),
    createdAt,
  };
}

/** What tells the issuer of a token that a file was stored by it; `undefined` where nobody is to be told. */
export function callbackFor(file: UploadedFile, token: UploadToken | undefined): UploadCallback | undefined {
  const callback = token?.options.callback;
  if (callback === undefined) return undefined;
  return {
    id: newUploadCallbackId(),
    accountId: file.accountId,
    fileId: file.id,
    url: callback.url,
    secretKeyId: callback.secret.keyId,
    secretEnvelope: callback.secret.envelope,
    payload: JSON.stringify({ type: 'upload.stored', timestamp: file.createdAt.toISOString(), data: uploadView(file) }),
    attempts: 0,
    dueAt: file.createdAt,
    createdAt: file.createdAt,
  };
}

/** What is kept of a client's name for an upload. @returns 64 lower-case hex digits */
export function idempotencyHashOf(idempotencyKey: string): string {
  return createHash('sha256').update(idempotencyKey).digest('hex');
}

/** What the audit trail says of a file that was stored. */
export function storedEntry({ id, accountId, tokenId, size, type, sha256 }: UploadedFile, caller: Caller): AuditEntry {
  const data = { size, type, sha256, ...(tokenId === undefined ? {} : { token_id: tokenId }) };
  return { action: 'upload_file', accountId, resourceId: id, caller, data };
}

/** What it says of a token whose upload was refused for what its client sent. */
export function refusedEntry(token: UploadToken, fileId: string, error: UploadError, caller: Caller): AuditEntry {
  return {
    action: 'upload_file',
    accountId: token.accountId,
    resourceId: token.id,
    caller,
    data: { file_id: fileId, code: error.uploadCode },
    errorMessage: error.message,
  };
}

import type { AccountStatus, UploadCredential, UploadToken, UploadTokenEndReason } from '@tollgate/domain';
import { asBuffer, detached } from './token-row';

/** An upload token as its table has it, without its reservation; also the form in which it crosses to the writer thread. */
export interface UploadTokenRow {
  readonly id: string;
  readonly account_id: string;
  readonly hash: Uint8Array;
  readonly preview: string;
  readonly max_bytes: number | null;
  /** JSON. */
  readonly allowed_types: string | null;
  readonly file_name: string | null;
  readonly file_name_prefix: string | null;
  readonly owner_label: string | null;
  readonly callback_url: string | null;
  readonly callback_key_id: string | null;
  readonly callback_envelope: string | null;
  readonly iuid: string | null;
  readonly created_at: number;
  readonly expires_at: number;
  readonly purge_at: number;
  readonly end_reason: UploadTokenEndReason | null;
  readonly ended_at: number | null;
  readonly file_id: string | null;
}

/** A token with the status of its account, `null` when that is gone. */
export interface UploadCredentialRow extends UploadTokenRow {
  readonly account_status: AccountStatus | null;
}

/** The columns of {@link UploadTokenRow}, for SELECT, INSERT and RETURNING. */
export const UPLOAD_TOKEN_COLUMNS =
  'id, account_id, hash, preview, max_bytes, allowed_types, file_name, file_name_prefix, owner_label, callback_url, ' +
  'callback_key_id, callback_envelope, iuid, created_at, expires_at, purge_at, end_reason, ended_at, file_id';

export function toUploadTokenRow(token: UploadToken): UploadTokenRow {
  const { options, end } = token;
  return {
    id: token.id,
    account_id: token.accountId,
    hash: detached(token.hash),
    preview: token.preview,
    max_bytes: options.maxBytes ?? null,
    allowed_types: options.allowedTypes === undefined ? null : JSON.stringify(options.allowedTypes),
    file_name: options.fileName ?? null,
    file_name_prefix: options.fileNamePrefix ?? null,
    owner_label: options.ownerLabel ?? null,
    callback_url: options.callback?.url ?? null,
    callback_key_id: options.callback?.secret.keyId ?? null,
    callback_envelope: options.callback?.secret.envelope ?? null,
    iuid: token.iuid ?? null,
    created_at: token.createdAt.getTime(),
    expires_at: token.expiresAt.getTime(),
    purge_at: token.purgeAt.getTime(),
    end_reason: end?.reason ?? null,
    ended_at: end?.at.getTime() ?? null,
    file_id: end?.fileId ?? null,
  };
}

export function toUploadToken(row: UploadTokenRow): UploadToken {
  return {
    id: row.id,
    accountId: row.account_id,
    hash: asBuffer(row.hash),
    preview: row.preview,
    options: {
      ...(row.max_bytes !== null && { maxBytes: row.max_bytes }),
      ...(row.allowed_types !== null && { allowedTypes: JSON.parse(row.allowed_types) as string[] }),
      ...(row.file_name !== null && { fileName: row.file_name }),
      ...(row.file_name_prefix !== null && { fileNamePrefix: row.file_name_prefix }),
      ...(row.owner_label !== null && { ownerLabel: row.owner_label }),
      ...callbackOf(row),
    },
    ...(row.iuid !== null && { iuid: row.iuid }),
    createdAt: new Date(row.created_at),
    expiresAt: new Date(row.expires_at),
    purgeAt: new Date(row.purge_at),
    ...endOf(row),
  };
}

export function toUploadCredential(row: UploadCredentialRow): UploadCredential {
  return { token: toUploadToken(row), accountStatus: row.account_status ?? undefined };
}

function callbackOf(row: UploadTokenRow): Pick<UploadToken['options'], 'callback'> {
  const { callback_url: url, callback_key_id: keyId, callback_envelope: envelope } = row;
  // A CHECK of the table has all three there or none.
  if (url === null || keyId === null || envelope === null) return {};
  return { callback: { url, secret: { keyId, envelope } } };
}

function endOf(row: UploadTokenRow): Pick<UploadToken, 'end'> {
  const { end_reason: reason, ended_at: at, file_id: fileId } = row;
  // A CHECK of the table has both there or none.
  if (reason === null || at === null) return {};
  return { end: { reason, at: new Date(at), ...(fileId !== null && { fileId }) } };
}

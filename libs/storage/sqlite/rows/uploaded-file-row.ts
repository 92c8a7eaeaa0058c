import type { UploadedFile } from '@tollgate/domain';

/** A file as its table has it; also the form in which it crosses to the writer thread. */
export interface UploadedFileRow {
  readonly id: string;
  readonly account_id: string;
  readonly token_id: string | null;
  readonly storage_key: string;
  readonly name: string;
  readonly size: number;
  readonly type: string;
  readonly sha256: string;
  readonly owner_label: string | null;
  readonly iuid: string | null;
  readonly idempotency_hash: string | null;
  readonly created_at: number;
}

/** The columns of {@link UploadedFileRow}, for SELECT, INSERT and RETURNING. */
export const UPLOADED_FILE_COLUMNS =
  'id, account_id, token_id, storage_key, name, size, type, sha256, owner_label, iuid, idempotency_hash, created_at';

export function toUploadedFileRow(file: UploadedFile): UploadedFileRow {
  return {
    id: file.id,
    account_id: file.accountId,
    token_id: file.tokenId ?? null,
    storage_key: file.storageKey,
    name: file.name,
    size: file.size,
    type: file.type,
    sha256: file.sha256,
    owner_label: file.ownerLabel ?? null,
    iuid: file.iuid ?? null,
    idempotency_hash: file.idempotencyHash ?? null,
    created_at: file.createdAt.getTime(),
  };
}

export function toUploadedFile(row: UploadedFileRow): UploadedFile {
  return {
    id: row.id,
    accountId: row.account_id,
    ...(row.token_id !== null && { tokenId: row.token_id }),
    storageKey: row.storage_key,
    name: row.name,
    size: row.size,
    type: row.type,
    sha256: row.sha256,
    ...(row.owner_label !== null && { ownerLabel: row.owner_label }),
    ...(row.iuid !== null && { iuid: row.iuid }),
    ...(row.idempotency_hash !== null && { idempotencyHash: row.idempotency_hash }),
    createdAt: new Date(row.created_at),
  };
}

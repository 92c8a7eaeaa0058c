import type { UploadedFile } from '@tollgate/domain';

/** A file as answers, lists and callbacks show it; the first five names are the contract's. */
export interface UploadView {
  readonly fileId: string;
  readonly filename: string;
  readonly size: number;
  readonly mimeType: string;
  readonly sha256: string;
  readonly ownerLabel?: string;
  readonly tokenId?: string;
  readonly createdAt: string;
}

export function uploadView(file: UploadedFile): UploadView {
  return {
    fileId: file.id,
    filename: file.name,
    size: file.size,
    mimeType: file.type,
    sha256: file.sha256,
    ...(file.ownerLabel === undefined ? {} : { ownerLabel: file.ownerLabel }),
    ...(file.tokenId === undefined ? {} : { tokenId: file.tokenId }),
    createdAt: file.createdAt.toISOString(),
  };
}

import { newFileId, newUploadCallbackId, randomHex, type UploadCallback, type UploadedFile } from '@tollgate/domain';
import { TEST_EPOCH_MS } from '../fake-clock';
import { type Overrides, withoutUndefined } from './without-undefined';

/** A stored video of 1,000 bytes, uploaded without a token, with unique id, storage key and content. */
export function buildUploadedFile(overrides: Overrides<UploadedFile> & { readonly accountId: string }): UploadedFile {
  const id = newFileId();
  return withoutUndefined<UploadedFile>({
    id,
    storageKey: `20/${id}`,
    name: 'holiday.mp4',
    size: 1_000,
    type: 'video/mp4',
    sha256: randomHex(32),
    createdAt: new Date(TEST_EPOCH_MS),
    ...overrides,
  });
}

/** What is to be told of a file, due at once, with a unique id; its secret opens nothing. */
export function buildUploadCallback(file: UploadedFile, overrides: Overrides<UploadCallback> = {}): UploadCallback {
  return withoutUndefined<UploadCallback>({
    id: newUploadCallbackId(),
    accountId: file.accountId,
    fileId: file.id,
    url: 'https://client.example/uploads?site=1',
    secretKeyId: 'k1',
    secretEnvelope: `v1.k1.${randomHex(12)}.${randomHex(32)}`,
    payload: JSON.stringify({ type: 'upload.stored', data: { id: file.id } }),
    attempts: 0,
    dueAt: file.createdAt,
    createdAt: file.createdAt,
    ...overrides,
  });
}

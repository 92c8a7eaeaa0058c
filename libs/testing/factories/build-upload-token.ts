import {
  hashToken,
  newBearerToken,
  newUploadTokenId,
  previewToken,
  type UploadToken,
  uploadTokenPurgeAt,
} from '@tollgate/domain';
import { TEST_EPOCH_MS } from '../fake-clock';
import { type Overrides, withoutUndefined } from './without-undefined';

const HOUR_MS = 3_600_000;

/** An open upload token of an hour that binds nothing, with unique id and hash. */
export function buildUploadToken(overrides: Overrides<UploadToken> & { readonly accountId: string }): UploadToken {
  const value = newBearerToken('ut');
  return withoutUndefined<UploadToken>({
    id: newUploadTokenId(),
    hash: hashToken(value),
    preview: previewToken(value),
    options: {},
    createdAt: new Date(TEST_EPOCH_MS),
    expiresAt: new Date(TEST_EPOCH_MS + HOUR_MS),
    purgeAt: uploadTokenPurgeAt(new Date(TEST_EPOCH_MS + HOUR_MS)),
    ...overrides,
  });
}

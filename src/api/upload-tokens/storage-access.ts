import { UseGuards, applyDecorators } from '@nestjs/common';
import { ApiSecurity } from '@nestjs/swagger';
import { ApiErrors } from '../http/api-decorators';
import { ApiUploadErrors } from '../http/upload-error-docs';
import { NeedsStorage, StorageGate, type StorageScope } from './storage-gate.guard';

/**
 * A route below `/api/video/` for whoever may have to do with files: accounts by HMAC, QiniuStub or a bearer token with the
 * scope, the upload administrator and operators by their keys. `@Owner()` says whose things the caller may see.
 */
export const StorageAccess = (scope: StorageScope): MethodDecorator =>
  applyDecorators(
    UseGuards(StorageGate),
    NeedsStorage({ scope, keys: true }),
    ApiSecurity('hmac'),
    ApiSecurity('qiniu-stub'),
    ApiSecurity('bearer'),
    ApiSecurity('upload-key'),
    ApiSecurity('operator-key'),
    ApiUploadErrors(
      'INVALID_REQUEST',
      'UNAUTHENTICATED',
      'ACCOUNT_SUSPENDED',
      'PERMISSION_DENIED',
      'RATE_LIMITED',
      'UNAVAILABLE',
    ),
  );

/** A route below `/api/v2/` for accounts: by HMAC, QiniuStub or a bearer token with the scope. */
export const AccountStorageRoute = (scope: StorageScope): MethodDecorator =>
  applyDecorators(
    UseGuards(StorageGate),
    NeedsStorage({ scope, keys: false }),
    ApiSecurity('hmac'),
    ApiSecurity('qiniu-stub'),
    ApiSecurity('bearer'),
    ApiErrors(400, 401, 403, 429, 503),
  );

import { Injectable } from '@nestjs/common';
import { TollgateError } from '@tollgate/domain';
import { RefusalRecorder } from '../audit/refusal-recorder.service';
import type { Caller } from '../http/caller';
import type { UploadGrant } from './upload-grant';
import { type RefusedToken, UploadError } from './upload-error';
import { BrokenOffError } from './upload-form';

/** Records uploads that came to nothing and changed nothing; a refusal that ends a token is recorded with the token. */
@Injectable()
export class UploadRefusalTrail {
  constructor(private readonly refusals: RefusalRecorder) {}

  /**
   * @param error faults are no refusals, and left out
   * @param grant of an upload that had begun
   * @param shown the token that was shown, where the error may not say it
   */
  record(error: unknown, caller: Caller, grant?: UploadGrant, shown?: RefusedToken): void {
    const code = codeOf(error);
    if (code === undefined && !(error instanceof TollgateError)) return;
    // Showing a token proves nothing about its account: only an upload that may begin counts as that account's.
    const token = grant?.token ?? shown ?? (error instanceof UploadError ? error.token : undefined);
    this.refusals.record({
      action: 'upload_file',
      accountId: grant?.accountId ?? token?.accountId ?? '',
      isProved: grant?.token !== undefined,
      ...(token === undefined ? {} : { resourceId: token.id }),
      caller,
      errorMessage: (error as Error).message,
      ...(code === undefined ? {} : { data: { code } }),
    });
  }
}

function codeOf(error: unknown): string | undefined {
  if (error instanceof UploadError) return error.uploadCode;
  return error instanceof BrokenOffError ? 'BROKEN_OFF' : undefined;
}

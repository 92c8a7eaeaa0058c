import { Injectable } from '@nestjs/common';
import type { UploadToken } from '@tollgate/domain';
import { RefusalRecorder } from '../audit/refusal-recorder.service';
import type { Caller } from '../http/caller';
import { UploadError } from '../uploads/upload-error';
import { UploadTokenLog } from './upload-token-log';
import { UploadTokenMetrics } from './upload-token-metrics';
import { UploadTokenVerifier } from './upload-token-verifier.service';

/** Answers whether an upload may begin with a token, for somebody who only asks. */
@Injectable()
export class UploadTokenCheck {
  constructor(
    private readonly verifier: UploadTokenVerifier,
    private readonly metrics: UploadTokenMetrics,
    private readonly refusals: RefusalRecorder,
    private readonly log: UploadTokenLog,
  ) {}

  /** @throws UploadError as {@link UploadTokenVerifier.verify} */
  async verify(value: string | undefined, caller: Caller): Promise<UploadToken> {
    try {
      const token = await this.verifier.verify(value, caller);
      this.metrics.countVerified('valid');
      this.log.debug({ tokenId: token.id, accountId: token.accountId, ip: caller.ip }, 'upload token verified');
      return token;
    } catch (error) {
      if (error instanceof UploadError) this.refused(error, caller);
      throw error;
    }
  }

  private refused({ uploadCode, message, token }: UploadError, caller: Caller): void {
    this.metrics.countVerified(uploadCode);
    this.refusals.record({
      action: 'validate_token',
      accountId: token?.accountId ?? '',
      ...(token === undefined ? {} : { resourceId: token.id }),
      caller,
      errorMessage: message,
    });
    this.log.debug({ code: uploadCode, tokenId: token?.id, ip: caller.ip }, 'upload token refused');
  }
}

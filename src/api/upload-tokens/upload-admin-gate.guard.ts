import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { AuthenticationError, type AuthenticatedRequest, headerOf } from '@tollgate/auth';
import type { FastifyReply } from 'fastify';
import { RefusalRecorder } from '../audit/refusal-recorder.service';
import { callerOf } from '../http/caller';
import { UploadError } from '../uploads/upload-error';
import { bearerTokenOf } from '../validation/validate-request';
import { KeyAccess } from './key-access.service';

/** For the upload administrator's own tokens: by that key in `Authorization: Bearer`, or by the operator key. */
@Injectable()
export class UploadAdminGate implements CanActivate {
  constructor(
    private readonly keys: KeyAccess,
    private readonly refusals: RefusalRecorder,
  ) {}

  /** @throws AuthenticationError without a key, UploadError INVALID_AUTH_KEY for a wrong one, TollgateError `rate_limited` */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<AuthenticatedRequest>();
    const reply = http.getResponse<FastifyReply>();
    const key = bearerTokenOf(headerOf(request, 'authorization'));
    const admitted = await this.keys.admit(key === undefined ? undefined : this.keys.holderOf(key), request, reply);
    if (admitted !== undefined) {
      request.principal = admitted;
      return true;
    }
    if (key === undefined) {
      void reply.header('www-authenticate', 'Bearer');
      throw new AuthenticationError('an administrator key is required');
    }
    const error = wrongAdminKey();
    this.refusals.recordAuthentication(callerOf(request), error.message);
    throw error;
  }
}

/** For a key that is not the upload administrator's. */
export function wrongAdminKey(): UploadError {
  return new UploadError('INVALID_AUTH_KEY', "this is not the administrator's key");
}

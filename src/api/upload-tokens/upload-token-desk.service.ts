import { Injectable } from '@nestjs/common';
import { UploadAdminKey } from '@tollgate/auth';
import { UPLOAD_ADMIN } from '@tollgate/domain';
import type { z } from 'zod';
import type { Caller } from '../http/caller';
import { wrongAdminKey } from './upload-admin-gate.guard';
import { UploadTokenCheck } from './upload-token-check.service';
import {
  FIELD_NAMES,
  type issueUploadTokenBody,
  type issuedUploadToken,
  toNewUploadToken,
  type verifiedUploadToken,
  type verifyUploadTokenBody,
} from './upload-token.schemas';
import { UploadTokensService } from './upload-tokens.service';

const SECOND_MS = 1_000;

/** The contract's two questions, with checked bodies in and the contract's answers out. */
@Injectable()
export class UploadTokenDesk {
  constructor(
    private readonly tokens: UploadTokensService,
    private readonly check: UploadTokenCheck,
    private readonly key: UploadAdminKey,
  ) {}

  /** @throws UploadError INVALID_AUTH_KEY; TollgateError `invalid_request` */
  async issue(
    body: z.output<typeof issueUploadTokenBody>,
    caller: Caller,
  ): Promise<z.output<typeof issuedUploadToken>> {
    if (!this.key.matches(body.authKey)) throw wrongAdminKey();
    const issuer = { accountId: UPLOAD_ADMIN };
    const issued = await this.tokens.issue(issuer, toNewUploadToken(body), FIELD_NAMES, caller);
    const { token, value, callbackSecret } = issued;
    const expiryTime = token.expiresAt.getTime();
    return {
      success: true,
      token: value,
      expiryTime,
      validFor: `${String((expiryTime - token.createdAt.getTime()) / SECOND_MS)}秒`,
      message: '上传token获取成功',
      tokenId: token.id,
      ...(callbackSecret === undefined ? {} : { callbackSecret }),
    };
  }

  /** @throws UploadError as `UploadTokenVerifier.verify` */
  async verify(
    { token }: z.output<typeof verifyUploadTokenBody>,
    caller: Caller,
  ): Promise<z.output<typeof verifiedUploadToken>> {
    const { expiresAt } = await this.check.verify(token ?? undefined, caller);
    return { success: true, valid: true, expiryTime: expiresAt.getTime() };
  }
}

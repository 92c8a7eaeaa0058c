import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { HmacVerifier } from '../hmac/hmac-verifier';
import type { AccountPrincipal } from '../principal';
import { type AuthenticatedRequest, headerOf } from './request-state';
import { RequestStrategy } from './request-strategy';

const NO_BODY = Buffer.alloc(0);

/** Tenants that sign with their SecretKey. */
@Injectable()
export class HmacStrategy extends PassportStrategy(RequestStrategy, 'hmac') {
  constructor(private readonly verifier: HmacVerifier) {
    super();
  }

  /** @throws AuthenticationError */
  async validate(request: AuthenticatedRequest): Promise<AccountPrincipal> {
    const { principal, replayKey } = await this.verifier.verify({
      method: request.method,
      url: request.raw.url ?? '',
      authorization: headerOf(request, 'authorization'),
      date: headerOf(request, 'x-qiniu-date'),
      body: request.rawBody ?? NO_BODY,
      allowUnsignedQuery: request.allowUnsignedQuery === true,
    });
    if (replayKey !== undefined) request.replayKey = replayKey;
    return principal;
  }
}

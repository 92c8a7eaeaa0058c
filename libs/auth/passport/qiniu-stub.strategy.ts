import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { RateLimit } from '@tollgate/domain';
import { AuthenticationError } from '../authentication-error';
import type { AccountPrincipal } from '../principal';
import { type AddressSet, type QiniuStubIdentity, isTrustedStubCaller, parseQiniuStub } from '../stub/qiniu-stub';
import { type AuthenticatedRequest, headerOf } from './request-state';
import { RequestStrategy } from './request-strategy';

/** The account that a trusted caller acts for. */
export interface StubAccount {
  readonly accountId: string;
  readonly suspended: boolean;
  readonly rateLimit?: RateLimit;
}

/** Finds, or makes, the account of a Qiniu user. */
export abstract class StubAccountMapper {
  /** @returns `undefined` when the user has none and none may be made */
  abstract findAccount(
    identity: QiniuStubIdentity,
    caller: { readonly ip: string; readonly userAgent: string },
  ): Promise<StubAccount | undefined>;
}

/** Who may speak as a trusted internal caller. */
export class StubTrust {
  constructor(
    readonly enabled: boolean,
    readonly trusted: AddressSet,
    readonly proxies: AddressSet,
  ) {}
}

/** Trusted internal callers that name the user they act for. Off unless configured. */
@Injectable()
export class QiniuStubStrategy extends PassportStrategy(RequestStrategy, 'qiniu-stub') {
  constructor(
    private readonly trust: StubTrust,
    private readonly mapper: StubAccountMapper,
  ) {
    super();
  }

  /** @throws AuthenticationError; an untrusted caller is told no more than one with an unknown scheme */
  async validate(request: AuthenticatedRequest): Promise<AccountPrincipal> {
    const trusted =
      this.trust.enabled &&
      isTrustedStubCaller(
        { socketAddress: request.socket.remoteAddress, clientAddress: request.ip, headers: request.headers },
        this.trust.trusted,
        this.trust.proxies,
      );
    if (!trusted) throw new AuthenticationError('invalid Authorization header');
    const identity = parseQiniuStub(headerOf(request, 'authorization') ?? '');
    const account = await this.mapper.findAccount(identity, {
      ip: request.ip,
      userAgent: headerOf(request, 'user-agent') ?? '',
    });
    if (account === undefined) throw new AuthenticationError('unknown uid');
    if (account.suspended) {
      throw new AuthenticationError('account suspended', account.accountId, 'account_suspended');
    }
    return {
      kind: 'account',
      accountId: account.accountId,
      via: 'qiniu-stub',
      ...(account.rateLimit === undefined ? {} : { rateLimit: account.rateLimit }),
      ...(identity.subAccount === undefined ? {} : { subAccount: identity.subAccount }),
    };
  }
}

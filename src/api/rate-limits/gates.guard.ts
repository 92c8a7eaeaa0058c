import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import {
  type AuthenticatedRequest,
  AuthenticationError,
  HmacAuthGuard,
  OperatorAuthGuard,
  TenantAuthGuard,
} from '@tollgate/auth';
import type { FastifyReply } from 'fastify';
import { callerOf } from '../http/caller';
import { AddressThrottle } from './address-throttle.service';
import { setHeaderLines } from './limit-headers';
import { type LimitOutcome, RequestLimits } from './request-limits.service';
import { tooManyFromAddress } from './throttler.guards';

/**
 * Authenticates, then counts: a known caller against the application and its account in one step, so that a refusal by
 * either leaves no trace in the other; a refused stranger against the application alone.
 */
abstract class Gate implements CanActivate {
  constructor(
    private readonly authentication: CanActivate,
    protected readonly limits: RequestLimits,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const reply = http.getResponse<FastifyReply>();
    try {
      await this.authentication.canActivate(context);
    } catch (error) {
      if (error instanceof AuthenticationError) tellLimits(reply, await this.limits.countAnyone());
      throw error;
    }
    const { principal } = http.getRequest<AuthenticatedRequest>();
    const outcome =
      principal?.kind === 'account'
        ? this.limits.countAccount(principal.accountId, principal.rateLimit)
        : this.limits.countAnyone();
    tellLimits(reply, await outcome);
    return true;
  }
}

/** For tenants: by HMAC, or by QiniuStub. */
@Injectable()
export class TenantGate extends Gate {
  // eslint-disable-next-line @typescript-eslint/no-useless-constructor -- its types tell Nest what to inject
  constructor(authentication: TenantAuthGuard, limits: RequestLimits) {
    super(authentication, limits);
  }
}

/** For tenants that sign by HMAC. */
@Injectable()
export class SignedGate extends Gate {
  // eslint-disable-next-line @typescript-eslint/no-useless-constructor -- its types tell Nest what to inject
  constructor(authentication: HmacAuthGuard, limits: RequestLimits) {
    super(authentication, limits);
  }
}

/** For operators. An address that presented too many wrong keys is not listened to for a while, right key or not. */
@Injectable()
export class OperatorGate extends Gate {
  constructor(
    authentication: OperatorAuthGuard,
    limits: RequestLimits,
    private readonly addresses: AddressThrottle,
  ) {
    super(authentication, limits);
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const { ip } = callerOf(context.switchToHttp().getRequest<AuthenticatedRequest>());
    const blocked = this.addresses.blockedSeconds('operator-failure', ip);
    if (blocked > 0) throw tooManyFromAddress(blocked);
    try {
      return await super.canActivate(context);
    } catch (error) {
      if (!(error instanceof AuthenticationError)) throw error;
      const seconds = await this.addresses.count('operator-failure', ip);
      throw seconds > 0 ? tooManyFromAddress(seconds) : error;
    }
  }
}

/** For everybody: counts against the application only. */
@Injectable()
export class PublicGate implements CanActivate {
  constructor(private readonly limits: RequestLimits) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    tellLimits(context.switchToHttp().getResponse<FastifyReply>(), await this.limits.countAnyone());
    return true;
  }
}

/**
 * Tells what the limits said, in headers or by refusing.
 * @throws TollgateError `rate_limited`
 */
export function tellLimits(reply: FastifyReply, { headerLines, refusal }: LimitOutcome): void {
  setHeaderLines(reply, headerLines);
  if (refusal !== undefined) throw refusal;
}

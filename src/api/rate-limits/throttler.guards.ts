import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import {
  InjectThrottlerOptions,
  InjectThrottlerStorage,
  ThrottlerGuard,
  type ThrottlerLimitDetail,
  type ThrottlerModuleOptions,
  type ThrottlerStorage,
} from '@nestjs/throttler';
import { type AuditAction, TollgateError } from '@tollgate/domain';
import type { FastifyRequest } from 'fastify';
import { RefusalRecorder } from '../audit/refusal-recorder.service';
import { callerOf } from '../http/caller';
import { AddressThrottle, addressKey } from './address-throttle.service';

/** Counts requests by client address, under one of the named throttlers of the module. */
abstract class AddressThrottlerGuard extends ThrottlerGuard {
  protected abstract readonly throttlerName: string;

  constructor(
    @InjectThrottlerOptions() options: ThrottlerModuleOptions,
    @InjectThrottlerStorage() storage: ThrottlerStorage,
    @Inject(Reflector) reflector: Reflector,
    private readonly addresses: AddressThrottle,
  ) {
    super(options, storage, reflector);
  }

  override async onModuleInit(): Promise<void> {
    await super.onModuleInit();
    this.throttlers = this.throttlers.filter(({ name }) => name === this.throttlerName);
  }

  protected override shouldSkip(context: ExecutionContext): Promise<boolean> {
    return Promise.resolve(this.addresses.isExempt(addressOf(context)));
  }

  protected override getTracker(request: Record<string, unknown>): Promise<string> {
    return Promise.resolve(callerOf(request as unknown as FastifyRequest).ip);
  }

  /** All routes under one throttler count together. */
  protected override generateKey(_context: ExecutionContext, tracker: string, name: string): string {
    return addressKey(name, tracker);
  }

  protected override throwThrottlingException(_context: ExecutionContext, detail: ThrottlerLimitDetail): Promise<void> {
    throw tooManyFromAddress(detail.timeToBlockExpire);
  }
}

/** At most REGISTER_LIMIT_PER_MINUTE registrations from one address. */
@Injectable()
export class RegisterThrottlerGuard extends AddressThrottlerGuard {
  protected override readonly throttlerName = 'register';
}

/** At most PUBLIC_LIMIT_PER_MINUTE requests from one address to routes that ask for no credentials. */
@Injectable()
export class PublicThrottlerGuard extends AddressThrottlerGuard {
  protected override readonly throttlerName = 'public';
}

/** The same for a route that says whether a token works: who is slowed down there may be guessing, and is recorded. */
@Injectable()
export class TokenCheckThrottlerGuard extends PublicThrottlerGuard {
  @Inject(RefusalRecorder) private readonly refusals!: RefusalRecorder;

  protected override throwThrottlingException(context: ExecutionContext, detail: ThrottlerLimitDetail): Promise<void> {
    recordThrottled(this.refusals, 'validate_token', context);
    return super.throwThrottlingException(context, detail);
  }
}

/** At most UPLOAD_TOKEN_LIMIT_PER_MINUTE requests for an upload token from one address, with the right key or a wrong one. */
@Injectable()
export class UploadTokenThrottlerGuard extends AddressThrottlerGuard {
  protected override readonly throttlerName = 'upload-token';

  @Inject(RefusalRecorder) private readonly refusals!: RefusalRecorder;

  protected override throwThrottlingException(context: ExecutionContext, detail: ThrottlerLimitDetail): Promise<void> {
    recordThrottled(this.refusals, 'issue_upload_token', context);
    return super.throwThrottlingException(context, detail);
  }
}

function recordThrottled(refusals: RefusalRecorder, action: AuditAction, context: ExecutionContext): void {
  refusals.record({
    action,
    accountId: '',
    caller: callerOf(context.switchToHttp().getRequest<FastifyRequest>()),
    errorMessage: 'too many requests from this address',
  });
}

/** @param seconds after which there is room again */
export function tooManyFromAddress(seconds: number): TollgateError {
  return new TollgateError('rate_limited', 'too many requests from this address', { retryAfterSeconds: seconds });
}

function addressOf(context: ExecutionContext): string {
  return callerOf(context.switchToHttp().getRequest<FastifyRequest>()).ip;
}

import { type CanActivate, type ExecutionContext, Injectable, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard, type IAuthModuleOptions } from '@nestjs/passport';
import { isQiniuStub } from '../stub/qiniu-stub';
import { type AuthenticatedRequest, headerOf } from './request-state';

const ALLOW_UNSIGNED_QUERY = 'tollgate:allow-unsigned-query';
const OPTIONS: IAuthModuleOptions = { session: false, property: 'principal' };

/** Marks the contract's own routes, on which existing clients sign the path without its query. */
export const AllowUnsignedQuery = (): ClassDecorator & MethodDecorator => SetMetadata(ALLOW_UNSIGNED_QUERY, true);

/** Whether existing clients may sign the path alone where a route allows it; off with HMAC_REQUIRE_SIGNED_QUERY. */
export class UnsignedQueryPolicy {
  constructor(readonly allowed: boolean) {}
}

/** Lets in requests signed by HMAC. */
@Injectable()
export class HmacAuthGuard extends AuthGuard('hmac') {
  constructor(
    private readonly reflector: Reflector,
    private readonly policy: UnsignedQueryPolicy,
  ) {
    super(OPTIONS);
  }

  override getRequest(context: ExecutionContext): AuthenticatedRequest {
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const marked = this.reflector.getAllAndOverride<boolean | undefined>(ALLOW_UNSIGNED_QUERY, [
      context.getHandler(),
      context.getClass(),
    ]);
    request.allowUnsignedQuery = this.policy.allowed && marked === true;
    return request;
  }
}

/** Lets in trusted internal callers. */
@Injectable()
export class QiniuStubAuthGuard extends AuthGuard('qiniu-stub') {
  constructor() {
    super(OPTIONS);
  }
}

/** Lets in operators. */
@Injectable()
export class OperatorAuthGuard extends AuthGuard('operator-key') {
  constructor() {
    super(OPTIONS);
  }
}

/** Lets in tenants: by HMAC, or by QiniuStub. A request that carries X-Qiniu-Date is judged as HMAC. */
@Injectable()
export class TenantAuthGuard implements CanActivate {
  constructor(
    private readonly hmac: HmacAuthGuard,
    private readonly stub: QiniuStubAuthGuard,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const stub = isQiniuStub(headerOf(request, 'authorization') ?? '') && request.headers['x-qiniu-date'] === undefined;
    const guard = stub ? this.stub : this.hmac;
    return (await guard.canActivate(context)) === true;
  }
}

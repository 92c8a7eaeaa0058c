import { type CanActivate, type ExecutionContext, Injectable, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { type AuthenticatedRequest, headerOf } from '@tollgate/auth';
import { TollgateError } from '@tollgate/domain';
import type { FastifyReply } from 'fastify';
import { TenantGate } from '../rate-limits/gates.guard';
import { BearerAccess } from '../upload-tokens/bearer-access.service';
import { bearerTokenOf } from '../validation/validate-request';

const NEED = 'tollgate:tunnel-need';

/** The scopes of bearer tokens that concern tunnels. */
export type TunnelScope = 'tunnel:read' | 'tunnel:write';

/** Tells {@link TunnelGate} what a bearer token must have; callers known otherwise need nothing. */
export const NeedsTunnelScope = (scope: TunnelScope): MethodDecorator => SetMetadata(NEED, scope);

/**
 * For accounts and their tunnels: by HMAC, QiniuStub or a bearer token with the scope. Counts against the application's and
 * the account's limits; a bearer token against its own as well. Sub-accounts have no tunnels.
 */
@Injectable()
export class TunnelGate implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly tenants: TenantGate,
    private readonly bearers: BearerAccess,
  ) {}

  /** @throws AuthenticationError, TollgateError `permission_denied`, `rate_limited` */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const scope = this.reflector.get<TunnelScope | undefined>(NEED, context.getHandler());
    if (scope === undefined) throw new Error('a route with a tunnel gate does not say what it needs');
    const http = context.switchToHttp();
    const request = http.getRequest<AuthenticatedRequest>();
    const shown = bearerTokenOf(headerOf(request, 'authorization'));
    if (shown === undefined) await this.tenants.canActivate(context);
    else {
      const reply = http.getResponse<FastifyReply>();
      request.principal = await this.bearers.authenticate(shown, scope, request, reply);
    }
    if (request.principal?.kind === 'account' && request.principal.subAccount !== undefined) {
      throw new TollgateError('permission_denied', 'tunnel tokens belong to the main account');
    }
    return true;
  }
}

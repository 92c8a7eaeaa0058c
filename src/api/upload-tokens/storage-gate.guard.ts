import { type CanActivate, type ExecutionContext, Injectable, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthenticationError, type AuthenticatedRequest, headerOf } from '@tollgate/auth';
import { isPlausibleToken } from '@tollgate/domain';
import type { FastifyReply } from 'fastify';
import { TenantGate } from '../rate-limits/gates.guard';
import { bearerTokenOf } from '../validation/validate-request';
import { BearerAccess } from './bearer-access.service';
import { KeyAccess } from './key-access.service';

const NEED = 'tollgate:storage-need';

/** The scopes of bearer tokens that concern upload tokens and files. */
export type StorageScope = 'storage:read' | 'storage:write';

/** What a route asks of its callers. */
export interface StorageNeed {
  /** Of a bearer token; callers known otherwise need none. */
  readonly scope: StorageScope;
  /** Whether operators and the upload administrator may come in by their keys, beside accounts. */
  readonly keys: boolean;
}

/** Tells {@link StorageGate} what a route asks. */
export const NeedsStorage = (need: StorageNeed): MethodDecorator => SetMetadata(NEED, need);

/**
 * For whoever may have to do with upload tokens and files: accounts by HMAC, QiniuStub or a bearer token, and where the route
 * says so operators and the upload administrator by their keys. Counts against the application's and the account's limits;
 * a bearer token against its own as well.
 */
@Injectable()
export class StorageGate implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly tenants: TenantGate,
    private readonly bearers: BearerAccess,
    private readonly keys: KeyAccess,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const need = this.reflector.get<StorageNeed | undefined>(NEED, context.getHandler());
    if (need === undefined) throw new Error('a route with a storage gate does not say what it needs');
    const http = context.switchToHttp();
    const request = http.getRequest<AuthenticatedRequest>();
    const shown = bearerTokenOf(headerOf(request, 'authorization'));
    if (shown === undefined) return this.tenants.canActivate(context);
    const reply = http.getResponse<FastifyReply>();
    const holder = need.keys ? this.keys.holderOf(shown) : undefined;
    // What can be no token was meant to be a key, or nothing.
    if (holder === undefined && (!need.keys || isPlausibleToken(shown))) {
      request.principal = await this.bearers.authenticate(shown, need.scope, request, reply);
      return true;
    }
    const admitted = await this.keys.admit(holder, request, reply);
    if (admitted === undefined) throw new AuthenticationError('invalid bearer token');
    request.principal = admitted;
    return true;
  }
}

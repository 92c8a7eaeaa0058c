import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { type AddressSet, isTrustedStubCaller } from '@tollgate/auth';
import { CidrList } from '@tollgate/config';
import { TollgateError } from '@tollgate/domain';
import type { FastifyRequest } from 'fastify';
import { callerOf } from '../http/caller';

const LOOPBACK = new CidrList(['127.0.0.0/8', '::1']);
const NOBODY: AddressSet = { contains: () => false };

/** Who may read metrics. */
export class MetricsReaders {
  /**
   * @param allowed networks beside this machine itself
   * @param proxies whose word for a client's address counts
   */
  constructor(
    private readonly allowed: AddressSet,
    private readonly proxies: AddressSet,
  ) {}

  /**
   * This machine itself, and the networks named. What was forwarded is nobody of this machine, though a proxy on it may
   * have forwarded it; and a forwarding header of a peer that is no named proxy leaves the client unknown.
   */
  include(request: FastifyRequest): boolean {
    const caller = {
      socketAddress: request.socket.remoteAddress,
      clientAddress: callerOf(request).ip,
      headers: request.headers,
    };
    return isTrustedStubCaller(caller, LOOPBACK, NOBODY) || isTrustedStubCaller(caller, this.allowed, this.proxies);
  }
}

/** Lets in who may read metrics. */
@Injectable()
export class MetricsGuard implements CanActivate {
  constructor(private readonly readers: MetricsReaders) {}

  /** @throws TollgateError `permission_denied` */
  canActivate(context: ExecutionContext): boolean {
    if (this.readers.include(context.switchToHttp().getRequest<FastifyRequest>())) return true;
    throw new TollgateError('permission_denied', 'permission denied');
  }
}

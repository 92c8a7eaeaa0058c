import { type ExecutionContext, createParamDecorator } from '@nestjs/common';
import type { AccountPrincipal, AuthenticatedRequest } from '@tollgate/auth';
import type { FastifyRequest } from 'fastify';

const MAX_USER_AGENT = 256;

/** Where a request came from, for limits and the audit trail. */
export interface Caller {
  /** The client's address as TRUST_PROXY resolves it; IPv4 in its plain form. */
  readonly ip: string;
  /** At most 256 printable characters. */
  readonly userAgent: string;
}

export function callerOf(request: FastifyRequest): Caller {
  const userAgent = request.headers['user-agent'] ?? '';
  // Unknown where the connection went away before anybody asked for it.
  const ip = (request.ip as string | undefined) ?? '';
  return {
    ip: ip.replace(/^::ffff:(?=\d+\.)/i, ''),
    userAgent: userAgent.slice(0, MAX_USER_AGENT).replace(/\p{Cc}/gu, ''),
  };
}

/** Injects the {@link Caller} of a request into a handler. */
export const RequestCaller = createParamDecorator((_: unknown, context: ExecutionContext) =>
  callerOf(context.switchToHttp().getRequest<FastifyRequest>()),
);

/** Injects the tenant that a guard let in. */
export const Tenant = createParamDecorator((_: unknown, context: ExecutionContext): AccountPrincipal => {
  const { principal } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (principal?.kind !== 'account') throw new Error('a tenant route has no tenant guard');
  return principal;
});

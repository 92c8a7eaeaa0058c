import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { AuthenticationError, headerOf, type TrafficReportKey } from '@tollgate/auth';
import { TollgateError } from '@tollgate/domain';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { bearerTokenOf } from '../../validation/validate-request';

/** The key that gateways present; `undefined` where none is set. */
export class TrafficReportAccess {
  constructor(readonly key: TrafficReportKey | undefined) {}
}

/**
 * For gateways, by TRAFFIC_REPORT_KEY in `Authorization: Bearer`. Without a key nothing is taken, and 503 says so: gateways
 * keep what they have and try again.
 */
@Injectable()
export class TrafficReportGate implements CanActivate {
  constructor(private readonly access: TrafficReportAccess) {}

  /** @throws TollgateError `unavailable`, AuthenticationError */
  canActivate(context: ExecutionContext): boolean {
    const http = context.switchToHttp();
    const { key } = this.access;
    if (key === undefined) {
      throw new TollgateError('unavailable', 'traffic reports are not taken: TRAFFIC_REPORT_KEY is not set');
    }
    const given = bearerTokenOf(headerOf(http.getRequest<FastifyRequest>(), 'authorization'));
    if (given !== undefined && key.matches(given)) return true;
    void http.getResponse<FastifyReply>().header('www-authenticate', 'Bearer');
    throw new AuthenticationError(given === undefined ? 'a report key is required' : 'this is not the report key');
  }
}

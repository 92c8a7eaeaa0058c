import { Injectable } from '@nestjs/common';
import { ThrottlerGuard } from '@nestjs/throttler';
import type { FastifyRequest } from 'fastify';
import { callerOf } from '../http/caller';

/** At most REGISTER_LIMIT_PER_MINUTE registrations from one address. */
@Injectable()
export class RegisterThrottlerGuard extends ThrottlerGuard {
  protected override getTracker(request: Record<string, unknown>): Promise<string> {
    return Promise.resolve(callerOf(request as unknown as FastifyRequest).ip);
  }
}

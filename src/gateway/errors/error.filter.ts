import { randomUUID } from 'node:crypto';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, NotFoundException } from '@nestjs/common';
import { Clock } from '@tollgate/domain';
import { Log } from '@tollgate/observability';
import type { FastifyReply } from 'fastify';

/** The one form in which a refusal leaves the process. */
export interface ErrorBody {
  readonly error: string;
  readonly code: number;
  /** RFC 3339, UTC. */
  readonly timestamp: string;
  /** Where a fault of ours is: the same id stands in the log. */
  readonly request_id?: string;
}

/** Turns whatever a handler throws into an {@link ErrorBody}; what is unexpected goes to the log, never to the caller. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const body = this.describe(error);
    void host.switchToHttp().getResponse<FastifyReply>().status(body.code).send(body);
  }

  private describe(error: unknown): ErrorBody {
    const timestamp = this.clock.now().toISOString();
    if (error instanceof HttpException && error.getStatus() < 500) {
      const code = error.getStatus();
      // Nest's text for an unknown route repeats the path it was asked for.
      return { error: error instanceof NotFoundException ? 'not found' : error.message, code, timestamp };
    }
    const requestId = randomUUID();
    this.log.error({ err: error, request_id: requestId }, 'request failed');
    return { error: 'internal error', code: 500, timestamp, request_id: requestId };
  }
}

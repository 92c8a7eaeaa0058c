import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import { AuthenticationError, type AuthenticatedRequest } from '@tollgate/auth';
import { Clock, TollgateError } from '@tollgate/domain';
import { Log } from '@tollgate/observability';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { RefusalRecorder } from '../audit/refusal-recorder.service';
import { UploadError } from '../uploads/upload-error';
import { callerOf } from './caller';
import { STATUS_OF, errorBody } from './error-body';
import { SparseWarnings } from './sparse-warnings';
import { UPLOAD_CODE_OF, isUploadRequest, uploadCodeOfStatus, uploadErrorBody } from './upload-error-body';

interface Answer {
  readonly status: number;
  readonly message: string;
  /** What it is called among uploads. */
  readonly uploadCode: string;
}

const FAULT: Answer = { status: 500, message: 'internal error', uploadCode: 'INTERNAL_ERROR' };

/**
 * Turns whatever was thrown, anywhere in a request, into the error body of its contract: that of uploads below their paths, the
 * house's everywhere else. Faults say nothing of themselves.
 */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  private readonly expected: SparseWarnings;

  constructor(
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly refusals: RefusalRecorder,
  ) {
    this.expected = new SparseWarnings(log, clock);
  }

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(error, http.getRequest<AuthenticatedRequest>(), http.getResponse<FastifyReply>());
  }

  /** The same for a route that is not Nest's. */
  answer(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    if (error instanceof AuthenticationError) {
      this.refusals.recordAuthentication(callerOf(request), error.message, error.accountId);
    }
    if (error instanceof TollgateError && error.retryAfterSeconds !== undefined) {
      void reply.header('retry-after', String(error.retryAfterSeconds));
    }
    const answer = answerFor(error);
    if (answer !== undefined) {
      if (answer.status >= 500) this.warn(error, answer, request);
      this.send(answer, request, reply);
      return;
    }
    this.log.error({ err: error, reqId: request.id, method: request.method, route: request.routeOptions.url }, 'fault');
    this.send(FAULT, request, reply, request.id);
  }

  /** A refusal of ours that nothing has caused but the state of things has no stack worth reading, and comes in numbers. */
  private warn(error: unknown, { status, message }: Answer, { id }: FastifyRequest): void {
    if (error instanceof TollgateError && error.cause === undefined) this.expected.warn(message, { status, reqId: id });
    else this.log.warn({ err: error, reqId: id }, message);
  }

  private send(answer: Answer, request: FastifyRequest, reply: FastifyReply, requestId?: string): void {
    const { status, message, uploadCode } = answer;
    const body = isUploadRequest(request)
      ? uploadErrorBody(uploadCode, message, requestId)
      : errorBody(this.clock, status, message, requestId);
    void reply.code(status).send(body);
  }
}

function answerFor(error: unknown): Answer | undefined {
  if (error instanceof UploadError) {
    return { status: error.status, message: error.message, uploadCode: error.uploadCode };
  }
  if (error instanceof TollgateError) {
    return { status: STATUS_OF[error.code], message: error.message, uploadCode: UPLOAD_CODE_OF[error.code] };
  }
  const status = statusOf(error);
  if (status === undefined || status < 400 || status >= 500) return undefined;
  const message = FRAMEWORK_TEXTS[status] ?? (error as Error).message;
  return { status, message, uploadCode: uploadCodeOfStatus(status) };
}

/** Nest's and Fastify's own refusals, in our words. */
const FRAMEWORK_TEXTS: Readonly<Record<number, string>> = {
  404: 'not found',
  408: 'request timed out',
  413: 'request body too large',
  414: 'request target too long',
  415: 'unsupported media type',
};

function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  if (!(error instanceof Error)) return undefined;
  const { statusCode } = error as { statusCode?: unknown };
  return typeof statusCode === 'number' ? statusCode : undefined;
}

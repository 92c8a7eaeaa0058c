import { Injectable } from '@nestjs/common';
import type { AuthenticatedRequest } from '@tollgate/auth';
import { type AuditAction, Clock, TollgateError } from '@tollgate/domain';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { RefusalRecorder } from '../audit/refusal-recorder.service';
import { parseJsonBody } from '../http/body-parser';
import { type Caller, callerOf } from '../http/caller';
import { canSendPrepared, sendPrepared } from '../http/prepared-answer';
import { describeIssues } from '../http/validation-messages';
import { RequestDurations, type RouteByStatus } from '../metrics/request-durations';
import { type AddressRule, AddressThrottle } from '../rate-limits/address-throttle.service';
import { setHeaderLines } from '../rate-limits/limit-headers';
import { RequestLimits } from '../rate-limits/request-limits.service';
import { tooManyFromAddress } from '../rate-limits/throttler.guards';
import { UploadError } from '../uploads/upload-error';
import { UploadTokenDesk } from './upload-token-desk.service';
import { issueUploadTokenBody, verifyUploadTokenBody } from './upload-token.schemas';

const ISSUE_PATH = '/api/video/auth/upload-token';
const VERIFY_PATH = '/api/video/auth/verify-token';

/** What {@link UploadTokenRoutes} serves on the hot lane. */
export const UPLOAD_TOKEN_PATHS = [ISSUE_PATH, VERIFY_PATH] as const;

const NO_BODY = Buffer.alloc(0);
const JSON_TYPE = 'application/json; charset=utf-8';

/** A question of the contract, on the hot lane. */
interface HotRoute {
  readonly rule: AddressRule;
  readonly durations: RouteByStatus;
  readonly ask: (body: unknown, caller: Caller) => Promise<object>;
}

/**
 * The contract's two questions on the hot lane, since each upload asks both. `UploadTokensController` has them too, for
 * requests that spell the path in another way; the limits count together.
 */
@Injectable()
export class UploadTokenRoutes {
  private readonly issuing: HotRoute;
  private readonly verifying: HotRoute;

  constructor(
    private readonly desk: UploadTokenDesk,
    private readonly addresses: AddressThrottle,
    private readonly limits: RequestLimits,
    private readonly refusals: RefusalRecorder,
    private readonly durations: RequestDurations,
    private readonly clock: Clock,
  ) {
    this.issuing = {
      rule: 'upload-token',
      durations: durations.of('POST', ISSUE_PATH),
      ask: async (body, caller) => this.desk.issue(parse(issueUploadTokenBody, body), caller),
    };
    this.verifying = {
      rule: 'public',
      durations: durations.of('POST', VERIFY_PATH),
      ask: async (body, caller) => this.desk.verify(parse(verifyUploadTokenBody, body), caller),
    };
  }

  register(lane: FastifyInstance): void {
    lane.post(ISSUE_PATH, async (request, reply) => {
      try {
        return await this.answer(this.issuing, request, reply);
      } catch (error) {
        this.recordRefusal('issue_upload_token', error, request);
        throw error;
      }
    });
    lane.post(VERIFY_PATH, async (request, reply) => {
      try {
        return await this.answer(this.verifying, request, reply);
      } catch (error) {
        // What is wrong with a token is recorded by whoever looked at it.
        if (isThrottled(error)) this.recordRefusal('validate_token', error, request);
        throw error;
      }
    });
  }

  /** @returns the answer for Fastify to send; `undefined` when it is sent already */
  private async answer(route: HotRoute, request: FastifyRequest, reply: FastifyReply): Promise<string | undefined> {
    const caller = callerOf(request);
    const seconds = await this.addresses.count(route.rule, caller.ip);
    if (seconds > 0) throw tooManyFromAddress(seconds);
    const { headerLines, refusal } = await this.limits.countAnyone();
    let text: string;
    try {
      if (refusal !== undefined) throw refusal;
      const body = parseJsonBody((request as AuthenticatedRequest).rawBody ?? NO_BODY);
      text = JSON.stringify(await route.ask(body, caller));
    } catch (error) {
      setHeaderLines(reply, headerLines);
      throw error;
    }
    if (!canSendPrepared(request, reply)) {
      setHeaderLines(reply, headerLines);
      void reply.header('content-type', JSON_TYPE);
      return text;
    }
    this.durations.record(route.durations, 200, request.raw.startedMs);
    sendPrepared(reply, headerLines, text, this.clock.nowMs());
    return undefined;
  }

  private recordRefusal(action: AuditAction, error: unknown, request: FastifyRequest): void {
    this.refusals.record({
      action,
      accountId: '',
      caller: callerOf(request),
      errorMessage: error instanceof TollgateError ? error.message : 'internal error',
    });
  }
}

/** Whether nobody has looked at the token, since there were too many requests. */
function isThrottled(error: unknown): boolean {
  return error instanceof TollgateError && error.code === 'rate_limited' && !(error instanceof UploadError);
}

/** @throws TollgateError `invalid_request` that names each field at fault */
function parse<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw new TollgateError('invalid_request', describeIssues(result.error.issues));
}

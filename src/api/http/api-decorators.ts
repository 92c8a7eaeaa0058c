import { UseGuards, applyDecorators } from '@nestjs/common';
import { ApiResponse, ApiSecurity } from '@nestjs/swagger';
import { AllowUnsignedQuery } from '@tollgate/auth';
import { z } from 'zod';
import { OperatorGate, PublicGate, SignedGate, TenantGate } from '../rate-limits/gates.guard';
import { PublicThrottlerGuard } from '../rate-limits/throttler.guards';

const errorSchema = z
  .object({
    error: z.string().meta({ description: 'What is wrong; names the field where one is at fault.' }),
    code: z.number().meta({ description: 'The HTTP status again.' }),
    timestamp: z.string().meta({ format: 'date-time' }),
    request_id: z.string().optional().meta({ description: 'On unexpected faults only.' }),
  })
  .meta({ id: 'Error' });

const ERROR_TEXTS: Readonly<Record<number, readonly [string, string]>> = {
  400: ['The request is malformed or a field is wrong.', 'description: is required'],
  401: ['Not authenticated.', 'invalid signature'],
  403: ['Authenticated, but not allowed.', 'account suspended'],
  404: ['There is no such resource in your account.', 'token not found'],
  409: ['It collides with what is there.', 'email already registered'],
  413: ['The body is too large.', 'request body too large'],
  429: ['Too many requests; see Retry-After.', 'too many requests from this address'],
  501: ['Not available in this configuration.', 'accounts are managed by an external directory'],
  503: ['Something that this needs does not answer; see Retry-After.', 'account directory unavailable'],
};

/** Documents a success and its body. */
export const ApiAnswer = (status: number, schema: z.ZodType, description = 'Success'): MethodDecorator =>
  ApiResponse({ status, description, standardSchema: schema });

/** Documents the error answers of a route. */
export const ApiErrors = (...statuses: readonly number[]): MethodDecorator & ClassDecorator =>
  applyDecorators(
    ...statuses.map((status) => {
      const [description, error] = ERROR_TEXTS[status] ?? ['Error', 'error'];
      return ApiResponse({
        status,
        description,
        standardSchema: errorSchema,
        example: { error, code: status, timestamp: '2026-01-04T10:00:00.000Z' },
      });
    }),
  );

/** A route for tenants: by HMAC, or by QiniuStub from a trusted address. */
export const TenantRoute = (): MethodDecorator =>
  applyDecorators(
    UseGuards(TenantGate),
    AllowUnsignedQuery(),
    ApiSecurity('hmac'),
    ApiSecurity('qiniu-stub'),
    ApiErrors(400, 401, 403, 429, 503),
  );

/** A route for tenants that sign by HMAC. */
export const SignedRoute = (): MethodDecorator =>
  applyDecorators(UseGuards(SignedGate), AllowUnsignedQuery(), ApiSecurity('hmac'), ApiErrors(400, 401, 403, 429, 503));

/** A route for whoever holds the operator key. */
export const OperatorRoute = (): MethodDecorator =>
  applyDecorators(UseGuards(OperatorGate), ApiSecurity('operator-key'), ApiErrors(400, 401, 429));

/** A route of the api for everybody: limited by client address, and by what the application takes. */
export const PublicRoute = (): MethodDecorator =>
  applyDecorators(UseGuards(PublicThrottlerGuard, PublicGate), ApiErrors(429));

/** A route beside the api for everybody: limited by client address. */
export const OpenRoute = (): MethodDecorator => applyDecorators(UseGuards(PublicThrottlerGuard), ApiErrors(429));

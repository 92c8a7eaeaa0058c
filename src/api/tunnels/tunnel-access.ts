import { UseGuards, applyDecorators } from '@nestjs/common';
import { ApiSecurity } from '@nestjs/swagger';
import { ApiErrors } from '../http/api-decorators';
import { NeedsTunnelScope, TunnelGate, type TunnelScope } from './tunnel-gate.guard';

/** A route for accounts and their tunnels: by HMAC, QiniuStub or a bearer token with the scope. */
export const TunnelRoute = (scope: TunnelScope): MethodDecorator =>
  applyDecorators(
    UseGuards(TunnelGate),
    NeedsTunnelScope(scope),
    ApiSecurity('hmac'),
    ApiSecurity('qiniu-stub'),
    ApiSecurity('bearer'),
    ApiErrors(400, 401, 403, 429, 501, 503),
  );

import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  SetMetadata,
  UseInterceptors,
  applyDecorators,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { AuthenticatedRequest } from '@tollgate/auth';
import { type AuditAction, TollgateError, isIdShaped } from '@tollgate/domain';
import { type Observable, catchError, throwError } from 'rxjs';
import { callerOf } from '../http/caller';
import { RefusalRecorder } from './refusal-recorder.service';

const AUDITED = 'tollgate:audited';

/** Records failures of a management action. Its successes are recorded by the change itself. */
@Injectable()
export class AuditFailureInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly refusals: RefusalRecorder,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const action = this.reflector.get<AuditAction>(AUDITED, context.getHandler());
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    return next.handle().pipe(
      catchError((error: unknown) => {
        const { id } = request.params as { id?: string };
        const { principal } = request;
        const isProved = principal?.kind === 'account';
        this.refusals.record({
          action,
          accountId: isProved ? principal.accountId : '',
          isProved,
          ...(id !== undefined && isIdShaped(id) ? { resourceId: id } : {}),
          caller: callerOf(request),
          errorMessage: error instanceof TollgateError ? error.message : 'internal error',
        });
        return throwError(() => error);
      }),
    );
  }
}

/** Marks a handler as a management action of the audit trail. */
export const Audited = (action: AuditAction): MethodDecorator =>
  applyDecorators(SetMetadata(AUDITED, action), UseInterceptors(AuditFailureInterceptor));

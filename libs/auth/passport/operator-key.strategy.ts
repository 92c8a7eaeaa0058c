import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { AuthenticationError } from '../authentication-error';
import { OperatorKey } from '../operator-key';
import type { OperatorPrincipal } from '../principal';
import { type AuthenticatedRequest, headerOf } from './request-state';
import { RequestStrategy } from './request-strategy';

/** Operators: `Authorization: Bearer {operator key}` (RFC 6750, section 2.1). */
@Injectable()
export class OperatorKeyStrategy extends PassportStrategy(RequestStrategy, 'operator-key') {
  constructor(private readonly operatorKey: OperatorKey) {
    super();
  }

  /** @throws AuthenticationError */
  validate(request: AuthenticatedRequest): OperatorPrincipal {
    const authorization = headerOf(request, 'authorization');
    if (authorization === undefined) throw new AuthenticationError('missing Authorization header');
    const key = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(authorization)?.[1];
    if (key === undefined) throw new AuthenticationError('invalid Authorization header');
    if (!this.operatorKey.matches(key)) throw new AuthenticationError('invalid operator key');
    return { kind: 'operator' };
  }
}

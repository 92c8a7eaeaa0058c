import { Injectable } from '@nestjs/common';
import { OperatorKey, type OperatorPrincipal, type UploadAdminPrincipal, UploadAdminKey } from '@tollgate/auth';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from '../http/caller';
import { AddressThrottle } from '../rate-limits/address-throttle.service';
import { tellLimits } from '../rate-limits/gates.guard';
import { RequestLimits } from '../rate-limits/request-limits.service';
import { tooManyFromAddress } from '../rate-limits/throttler.guards';

export type KeyHolder = OperatorPrincipal | UploadAdminPrincipal;

/** Lets in whoever holds the operator key or the upload administrator's. Wrong ones count together with wrong operator keys. */
@Injectable()
export class KeyAccess {
  constructor(
    private readonly operatorKey: OperatorKey,
    private readonly uploadKey: UploadAdminKey,
    private readonly limits: RequestLimits,
    private readonly addresses: AddressThrottle,
  ) {}

  /** Whose key this is; `undefined` for nobody's. */
  holderOf(key: string): KeyHolder | undefined {
    // Both are compared, whichever it is: the time tells nothing.
    const isOperator = this.operatorKey.matches(key);
    const isUploadAdmin = this.uploadKey.matches(key);
    if (isOperator) return { kind: 'operator' };
    return isUploadAdmin ? { kind: 'upload-admin' } : undefined;
  }

  /**
   * Counts the request against the application, and a wrong key against its address.
   * @param holder as {@link holderOf} says
   * @returns the holder; `undefined` when the key is nobody's, which the caller refuses
   * @throws TollgateError `rate_limited`, also for a right key from an address that has shown too many wrong ones
   */
  async admit(
    holder: KeyHolder | undefined,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<KeyHolder | undefined> {
    const { ip } = callerOf(request);
    const blocked = this.addresses.blockedSeconds('operator-failure', ip);
    if (blocked > 0) throw tooManyFromAddress(blocked);
    tellLimits(reply, await this.limits.countAnyone());
    if (holder !== undefined) return holder;
    const seconds = await this.addresses.count('operator-failure', ip);
    if (seconds > 0) throw tooManyFromAddress(seconds);
    return undefined;
  }
}

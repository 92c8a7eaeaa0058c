import { createHash, randomBytes } from 'node:crypto';
import type { Clock, ReplayRepository } from '@tollgate/domain';
import { AuthenticationError } from '../authentication-error';
import type { AccountPrincipal } from '../principal';
import { parseHmacAuthorization } from './authorization-header';
import { parseRfc3339 } from './rfc3339';
import { constantTimeEqual, hmacSignature } from './signature';
import type { SigningCredentialSource } from './signing-credential-source';

export interface HmacRequest {
  readonly method: string;
  /** Path and query exactly as on the request line. */
  readonly url: string;
  readonly authorization: string | undefined;
  readonly date: string | undefined;
  readonly body: Uint8Array;
  /** Whether the path alone may be signed though the request carries a query (the contract's own routes). */
  readonly allowUnsignedQuery: boolean;
}

export interface HmacPolicy {
  /** How far `X-Qiniu-Date` may lie from now, in both directions. */
  readonly toleranceMs: number;
  /** `fractional`: only dates with fractional seconds are single use; `strict`: all are. */
  readonly replayProtection: 'fractional' | 'strict';
}

export interface HmacVerdict {
  readonly principal: AccountPrincipal;
  /** The claimed single-use key of a mutating request, to be released when the answer is 429 or 5xx. */
  readonly replayKey?: Buffer;
}

const MUTATING = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/**
 * Judges `Authorization: QINIU …` requests: header forms, timestamp, signature (against a dummy key for an unknown
 * AccessKey), suspension, and last the single use of the signature, so that only its owner can spend it.
 */
export class HmacVerifier {
  private readonly dummyKey = randomBytes(32).toString('hex');

  constructor(
    private readonly credentials: SigningCredentialSource,
    private readonly replays: ReplayRepository,
    private readonly clock: Clock,
    private readonly policy: HmacPolicy,
  ) {}

  /** @throws AuthenticationError with the contract's text for each refusal */
  async verify(request: HmacRequest): Promise<HmacVerdict> {
    if (request.authorization === undefined) throw new AuthenticationError('missing Authorization header');
    const authorization = parseHmacAuthorization(request.authorization);
    if (authorization === undefined) throw new AuthenticationError('invalid Authorization header');
    if (request.date === undefined) throw new AuthenticationError('missing X-Qiniu-Date header');
    const time = parseRfc3339(request.date);
    if (time === undefined) throw new AuthenticationError('invalid timestamp format');
    if (Math.abs(this.clock.nowMs() - time.epochMs) > this.policy.toleranceMs) {
      throw new AuthenticationError('timestamp expired');
    }

    const credential = await this.credentials.findByAccessKey(authorization.accessKey);
    const secretKey = credential?.secretKey ?? this.dummyKey;
    const signed = this.isSigned(request, request.date, secretKey, authorization.signature);
    if (credential === undefined || !signed) {
      throw new AuthenticationError('invalid signature', credential?.accountId);
    }
    if (credential.status === 'suspended') {
      throw new AuthenticationError('account suspended', credential.accountId, 'account_suspended');
    }

    const { accessKey } = authorization;
    const principal: AccountPrincipal = {
      kind: 'account',
      accountId: credential.accountId,
      via: 'hmac',
      accessKey,
      ...(credential.rateLimit === undefined ? {} : { rateLimit: credential.rateLimit }),
    };
    const singleUse = time.hasFraction || this.policy.replayProtection === 'strict';
    if (!singleUse || !MUTATING.has(request.method)) return { principal };
    const replayKey = createHash('sha256').update(`${accessKey}:${authorization.signature}`).digest();
    const now = this.clock.now();
    // A date at the far edge is still good in the last of these milliseconds; the key must outlive it.
    const expiresAt = new Date(now.getTime() + 2 * this.policy.toleranceMs + 1);
    if (!(await this.replays.claim(replayKey, now, expiresAt))) {
      throw new AuthenticationError('request replayed', credential.accountId);
    }
    return { principal, replayKey };
  }

  /** Both accepted spellings of the URI are computed whatever the first one says, so that timing tells nothing. */
  private isSigned(request: HmacRequest, date: string, secretKey: string, signature: string): boolean {
    const matches = (uri: string): boolean =>
      constantTimeEqual(hmacSignature(secretKey, { method: request.method, uri, date, body: request.body }), signature);
    const whole = matches(request.url);
    const queryAt = request.url.indexOf('?');
    if (queryAt < 0 || !request.allowUnsignedQuery) return whole;
    const pathOnly = matches(request.url.slice(0, queryAt));
    return whole || pathOnly;
  }
}

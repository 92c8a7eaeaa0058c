import { Injectable } from '@nestjs/common';
import type { AccountPrincipal } from '@tollgate/auth';
import {
  type AuditData,
  Clock,
  DEFAULT_TOKEN_PREFIX,
  type Page,
  type PageRequest,
  type RateLimit,
  TollgateError,
  type Token,
  TokenRepository,
  hashToken,
  isIdShaped,
  newBearerToken,
  newTokenId,
  previewToken,
} from '@tollgate/domain';
import { AuditTrail } from '../audit/audit-trail.service';
import type { Caller } from '../http/caller';
import { type ExpiryRequest, resolveExpiry } from './expiry';

/** How long an expired token is remembered, so that it answers "Token has expired". */
export class TokenRetention {
  constructor(readonly expiredMs: number) {}
}

export interface NewToken {
  readonly description: string;
  readonly scopes: readonly string[];
  readonly expiry: ExpiryRequest;
  readonly prefix: string | undefined;
  readonly rateLimit: RateLimit | undefined;
}

/** What a tenant may change of a token; what is absent stays. */
export interface TokenEdit {
  readonly description?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
}

/** A tenant's bearer tokens. A sub-account sees and touches only those it made. */
@Injectable()
export class TokensService {
  constructor(
    private readonly tokens: TokenRepository,
    private readonly audit: AuditTrail,
    private readonly clock: Clock,
    private readonly retention: TokenRetention,
  ) {}

  /** @returns the token and its value, which is known here only */
  async create(tenant: AccountPrincipal, input: NewToken, caller: Caller): Promise<{ token: Token; value: string }> {
    const now = this.clock.now();
    const expiresAt = resolveExpiry(input.expiry, now);
    const value = newBearerToken(input.prefix ?? DEFAULT_TOKEN_PREFIX);
    const token: Token = {
      id: newTokenId(),
      accountId: tenant.accountId,
      hash: hashToken(value),
      preview: previewToken(value),
      description: input.description,
      scopes: [...new Set(input.scopes)],
      ...(input.rateLimit === undefined ? {} : { rateLimit: input.rateLimit }),
      ...(tenant.subAccount === undefined ? {} : { subAccount: tenant.subAccount }),
      isActive: true,
      createdAt: now,
      updatedAt: now,
      ...(expiresAt === undefined
        ? {}
        : { expiresAt, purgeAt: new Date(expiresAt.getTime() + this.retention.expiredMs) }),
      totalRequests: 0,
    };
    const data = {
      description: token.description,
      scope: token.scopes,
      ...(token.rateLimit === undefined ? {} : { rate_limit: token.rateLimit }),
      ...(expiresAt === undefined ? {} : { expires_at: expiresAt.toISOString() }),
      ...(token.subAccount === undefined ? {} : { iuid: token.subAccount.iuid }),
    };
    await this.tokens.insert(token, this.describe('create_token', tenant, token.id, caller, data));
    return { token, value };
  }

  list(tenant: AccountPrincipal, activeOnly: boolean, page: PageRequest): Promise<Page<Token>> {
    const filter = {
      ...(activeOnly ? { activeAt: this.clock.now() } : {}),
      ...(tenant.subAccount === undefined ? {} : { iuid: tenant.subAccount.iuid }),
    };
    return this.tokens.list(tenant.accountId, filter, page);
  }

  /**
   * @throws TollgateError `not_found` for a token of another account exactly as for none, `permission_denied` for one
   * of a sibling sub-account
   */
  async find(tenant: AccountPrincipal, tokenId: string): Promise<Token> {
    const token = isIdShaped(tokenId) ? await this.tokens.findById(tenant.accountId, tokenId) : undefined;
    if (token === undefined) throw tokenNotFound();
    if (tenant.subAccount !== undefined && token.subAccount?.iuid !== tenant.subAccount.iuid) {
      throw new TollgateError('permission_denied', 'permission denied');
    }
    return token;
  }

  /**
   * Changes what a token is called and what it may do; the change applies to the next validation.
   * @throws TollgateError as {@link find}
   */
  async update(tenant: AccountPrincipal, tokenId: string, edit: TokenEdit, caller: Caller): Promise<Token> {
    await this.find(tenant, tokenId);
    const changes = {
      ...(edit.description === undefined ? {} : { description: edit.description }),
      ...(edit.scopes === undefined ? {} : { scopes: [...new Set(edit.scopes)] }),
    };
    const data = {
      ...(changes.description === undefined ? {} : { description: changes.description }),
      ...(changes.scopes === undefined ? {} : { scope: changes.scopes }),
    };
    const audit = this.describe('update_token', tenant, tokenId, caller, data);
    const token = await this.tokens.update(tenant.accountId, tokenId, changes, this.clock.now(), audit);
    if (token === undefined) throw tokenNotFound();
    return token;
  }

  /** @throws TollgateError as {@link find} */
  async setActive(tenant: AccountPrincipal, tokenId: string, isActive: boolean, caller: Caller): Promise<Token> {
    // Who made a token never changes, so checking it before the write leaves no gap.
    await this.find(tenant, tokenId);
    const audit = this.describe('update_token', tenant, tokenId, caller, { is_active: isActive });
    const token = await this.tokens.setActive(tenant.accountId, tokenId, isActive, this.clock.now(), audit);
    if (token === undefined) throw tokenNotFound();
    return token;
  }

  /** @throws TollgateError as {@link find} */
  async delete(tenant: AccountPrincipal, tokenId: string, caller: Caller): Promise<void> {
    await this.find(tenant, tokenId);
    const audit = this.describe('delete_token', tenant, tokenId, caller);
    if (!(await this.tokens.delete(tenant.accountId, tokenId, audit))) throw tokenNotFound();
  }

  private describe(
    action: 'create_token' | 'update_token' | 'delete_token',
    tenant: AccountPrincipal,
    tokenId: string,
    caller: Caller,
    data?: AuditData,
  ): ReturnType<AuditTrail['describe']> {
    const entry = { action, accountId: tenant.accountId, resourceId: tokenId, caller };
    return this.audit.describe(data === undefined ? entry : { ...entry, data });
  }
}

/** Said of a token of another account exactly as of none. */
export function tokenNotFound(): TollgateError {
  return new TollgateError('not_found', 'token not found');
}

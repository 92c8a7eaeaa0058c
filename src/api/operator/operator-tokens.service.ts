import { Injectable } from '@nestjs/common';
import {
  Clock,
  type Page,
  type PageRequest,
  type RateLimit,
  type Token,
  TokenRepository,
  isIdShaped,
} from '@tollgate/domain';
import { AuditTrail } from '../audit/audit-trail.service';
import type { Caller } from '../http/caller';
import { tokenNotFound } from '../tokens/tokens.service';
import { OperatorAccountsService } from './operator-accounts.service';

/** What operators do with the tokens of an account. */
@Injectable()
export class OperatorTokensService {
  constructor(
    private readonly accounts: OperatorAccountsService,
    private readonly tokens: TokenRepository,
    private readonly audit: AuditTrail,
    private readonly clock: Clock,
  ) {}

  /** @throws TollgateError `not_found` for an account that is not there */
  async list(accountId: string, activeOnly: boolean, page: PageRequest): Promise<Page<Token>> {
    await this.accounts.find(accountId);
    return this.tokens.list(accountId, activeOnly ? { activeAt: this.clock.now() } : {}, page);
  }

  /**
   * Applies to the next validation.
   * @param rateLimit `undefined` takes the limits away
   * @throws TollgateError `not_found` for an account that is not there, or a token that it has not
   */
  async setRateLimit(
    accountId: string,
    tokenId: string,
    rateLimit: RateLimit | undefined,
    caller: Caller,
  ): Promise<Token> {
    await this.accounts.find(accountId);
    if (!isIdShaped(tokenId)) throw tokenNotFound();
    const audit = this.audit.describe({
      action: 'update_token_rate_limit',
      accountId,
      resourceId: tokenId,
      caller,
      data: { by: 'operator', rate_limit: rateLimit ?? null },
    });
    const changes = { rateLimit: rateLimit ?? null };
    const token = await this.tokens.update(accountId, tokenId, changes, this.clock.now(), audit);
    if (token === undefined) throw tokenNotFound();
    return token;
  }
}

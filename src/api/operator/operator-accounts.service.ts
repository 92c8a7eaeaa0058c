import { Injectable } from '@nestjs/common';
import {
  type Account,
  AccountRepository,
  type AccountStatus,
  Clock,
  type Page,
  type PageRequest,
  type RateLimit,
  TollgateError,
  isIdShaped,
} from '@tollgate/domain';
import { AuditTrail } from '../audit/audit-trail.service';
import type { Caller } from '../http/caller';
import { TunnelSuspensions } from '../tunnels/tunnel-suspensions.service';
import { UploadTokensService } from '../upload-tokens/upload-tokens.service';

/** What operators do with accounts. */
@Injectable()
export class OperatorAccountsService {
  constructor(
    private readonly accounts: AccountRepository,
    private readonly uploadTokens: UploadTokensService,
    private readonly tunnels: TunnelSuspensions,
    private readonly audit: AuditTrail,
    private readonly clock: Clock,
  ) {}

  list(
    filter: { readonly status?: AccountStatus; readonly search?: string },
    page: PageRequest,
  ): Promise<Page<Account>> {
    return this.accounts.listAcrossAccounts(filter, page);
  }

  /** @throws TollgateError `not_found` */
  async find(accountId: string): Promise<Account> {
    const account = isIdShaped(accountId) ? await this.accounts.findById(accountId) : undefined;
    if (account === undefined) throw accountNotFound();
    return account;
  }

  /**
   * Suspends or activates an account; its tokens and signatures are refused from the answer on. Upload tokens of a suspended
   * one are revoked: they do not come back with it. Tunnel tokens are disabled while it lasts.
   * @throws TollgateError `unavailable` when it is done, and the store of the tunnel tokens could not be told, which is
   * made up for as soon as it is back; `not_found`; `not_supported` for an account whose status an external directory decides
   */
  async setStatus(accountId: string, status: AccountStatus, caller: Caller): Promise<Account> {
    if ((await this.find(accountId)).origin === 'directory') {
      throw new TollgateError('not_supported', 'the status of this account is decided by an external directory');
    }
    const audit = this.audit.describe({
      action: status === 'suspended' ? 'suspend_account' : 'activate_account',
      accountId,
      resourceId: accountId,
      caller,
      data: { by: 'operator' },
    });
    const account = orNotFound(await this.accounts.setStatus(accountId, status, this.clock.now(), audit));
    // Second: a token that is issued meanwhile then belongs to an account that is suspended already.
    if (status === 'suspended') await this.uploadTokens.revokeAll(accountId);
    await this.tunnels.follow(accountId, status);
    return account;
  }

  /** @throws TollgateError `not_found` */
  async setRateLimit(accountId: string, rateLimit: RateLimit | undefined, caller: Caller): Promise<Account> {
    await this.find(accountId);
    const audit = this.audit.describe({
      action: 'update_account_rate_limit',
      accountId,
      resourceId: accountId,
      caller,
      data: { by: 'operator', rate_limit: rateLimit ?? null },
    });
    return orNotFound(await this.accounts.setRateLimit(accountId, rateLimit, this.clock.now(), audit));
  }
}

function orNotFound(account: Account | undefined): Account {
  if (account === undefined) throw accountNotFound();
  return account;
}

function accountNotFound(): TollgateError {
  return new TollgateError('not_found', 'account not found');
}

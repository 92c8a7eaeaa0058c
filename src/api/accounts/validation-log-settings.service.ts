import { Injectable } from '@nestjs/common';
import type { AccountPrincipal } from '@tollgate/auth';
import {
  type Account,
  AccountRepository,
  type AuditData,
  Clock,
  TollgateError,
  type ValidationLogSetting,
  isIdShaped,
} from '@tollgate/domain';
import { AuditTrail } from '../audit/audit-trail.service';
import type { Caller } from '../http/caller';
import { validationLogView } from './validation-log.schemas';

/** Whether and for how long an account has its validations written down. */
@Injectable()
export class ValidationLogSettings {
  constructor(
    private readonly accounts: AccountRepository,
    private readonly audit: AuditTrail,
    private readonly clock: Clock,
  ) {}

  /**
   * Applies to the next validation. Switched off, the log keeps what it holds until its time comes.
   * @throws TollgateError `permission_denied` for a sub-account, `not_found` when the account went away
   */
  async setOwn(tenant: AccountPrincipal, setting: ValidationLogSetting | undefined, caller: Caller): Promise<Account> {
    if (tenant.subAccount !== undefined) throw new TollgateError('permission_denied', 'permission denied');
    return this.set(tenant.accountId, setting, caller, {});
  }

  /** @throws TollgateError `not_found` */
  async setForOperator(accountId: string, setting: ValidationLogSetting | undefined, caller: Caller): Promise<Account> {
    return this.set(accountId, setting, caller, { by: 'operator' });
  }

  private async set(
    accountId: string,
    setting: ValidationLogSetting | undefined,
    caller: Caller,
    by: AuditData,
  ): Promise<Account> {
    const audit = this.audit.describe({
      action: 'update_validation_log',
      accountId,
      resourceId: accountId,
      caller,
      data: { ...by, ...validationLogView(setting) },
    });
    const account = isIdShaped(accountId)
      ? await this.accounts.setValidationLog(accountId, setting, this.clock.now(), audit)
      : undefined;
    if (account === undefined) throw new TollgateError('not_found', 'account not found');
    return account;
  }
}

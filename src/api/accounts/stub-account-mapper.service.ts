import { Injectable } from '@nestjs/common';
import { type QiniuStubIdentity, type StubAccount, StubAccountMapper } from '@tollgate/auth';
import { type Account, AccountRepository, Clock, DuplicateError, newAccountId, qiniuAccountId } from '@tollgate/domain';
import { AuditTrail } from '../audit/audit-trail.service';
import type { Caller } from '../http/caller';

/** How a Qiniu uid becomes an account. */
export class UidMapping {
  /**
   * @param mode `simple`: the account `qiniu_{uid}`, made on first use; `database`: the account that has this uid
   * @param autoCreate `database` only: make the account on first use
   */
  constructor(
    readonly mode: 'simple' | 'database',
    readonly autoCreate: boolean,
  ) {}
}

/** Finds the account of a Qiniu user, and makes its record on first use so that limits and suspension apply to it. */
@Injectable()
export class RepositoryStubAccountMapper extends StubAccountMapper {
  constructor(
    private readonly accounts: AccountRepository,
    private readonly mapping: UidMapping,
    private readonly audit: AuditTrail,
    private readonly clock: Clock,
  ) {
    super();
  }

  override async findAccount(identity: QiniuStubIdentity, caller: Caller): Promise<StubAccount | undefined> {
    const account = (await this.find(identity.uid)) ?? (await this.create(identity, caller));
    if (account === undefined) return undefined;
    const found = { accountId: account.id, suspended: account.status === 'suspended' };
    return account.rateLimit === undefined ? found : { ...found, rateLimit: account.rateLimit };
  }

  private find(uid: number): Promise<Account | undefined> {
    return this.mapping.mode === 'simple'
      ? this.accounts.findById(qiniuAccountId(uid))
      : this.accounts.findByQiniuUid(uid);
  }

  private async create(identity: QiniuStubIdentity, caller: Caller): Promise<Account | undefined> {
    if (this.mapping.mode === 'database' && !this.mapping.autoCreate) return undefined;
    const id = this.mapping.mode === 'simple' ? qiniuAccountId(identity.uid) : newAccountId();
    const now = this.clock.now();
    const account: Account = {
      id,
      company: '',
      status: 'active',
      qiniuUid: identity.uid,
      origin: 'local',
      createdAt: now,
      updatedAt: now,
    };
    const audit = this.audit.describe({
      action: 'register_account',
      accountId: id,
      resourceId: id,
      caller,
      data: { qiniu_uid: identity.uid },
    });
    try {
      await this.accounts.insert(account, audit);
      return account;
    } catch (error) {
      // Two first requests at once: the other one made it.
      if (error instanceof DuplicateError) return this.find(identity.uid);
      throw error;
    }
  }
}

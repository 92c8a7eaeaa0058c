import { Injectable } from '@nestjs/common';
import { type AccountPrincipal, SecretHasher, SecretSealer } from '@tollgate/auth';
import {
  type Account,
  type AccountCredentials,
  AccountRepository,
  Clock,
  DuplicateError,
  TollgateError,
  newAccessKey,
  newAccountId,
  newSecretKey,
} from '@tollgate/domain';
import { AuditTrail } from '../audit/audit-trail.service';
import type { Caller } from '../http/caller';

/** An account with the SecretKey that was just made for it; the only place where one is seen. */
export interface AccountWithSecret {
  readonly account: Account;
  readonly accessKey: string;
  readonly secretKey: string;
}

export interface Registration {
  /** Lower-cased. */
  readonly email: string;
  readonly company: string;
  readonly password: string;
}

/** Tenants and their SecretKeys. */
@Injectable()
export class AccountsService {
  constructor(
    private readonly accounts: AccountRepository,
    private readonly sealer: SecretSealer,
    private readonly hasher: SecretHasher,
    private readonly audit: AuditTrail,
    private readonly clock: Clock,
  ) {}

  /** @throws TollgateError `conflict` when the email is taken */
  async register(registration: Registration, caller: Caller): Promise<AccountWithSecret> {
    const { email, company, password } = registration;
    // Asked before the two slow hashes; the unique constraint below decides.
    if ((await this.accounts.findByEmail(email)) !== undefined) throw emailTaken();
    const id = newAccountId();
    const passwordHash = await this.hasher.hash(password);
    const { credentials, secretKey } = await this.makeCredentials(id, newAccessKey());
    const now = this.clock.now();
    const account: Account = {
      id,
      email,
      company,
      passwordHash,
      credentials,
      status: 'active',
      origin: 'local',
      createdAt: now,
      updatedAt: now,
    };
    const audit = this.audit.describe({
      action: 'register_account',
      accountId: id,
      resourceId: id,
      caller,
      data: { email, company },
    });
    try {
      await this.accounts.insert(account, audit);
    } catch (error) {
      if (error instanceof DuplicateError && error.field === 'email') throw emailTaken();
      throw error;
    }
    return { account, accessKey: credentials.accessKey, secretKey };
  }

  /** @throws TollgateError `not_found` when the account went away after it was authenticated */
  async findOwn(tenant: AccountPrincipal): Promise<Account> {
    const account = await this.accounts.findById(tenant.accountId);
    if (account === undefined) throw accountNotFound();
    return account;
  }

  /**
   * Makes a new SecretKey. The old one is refused from the moment of the answer, in every process: signatures are
   * always checked against the store.
   * @throws TollgateError `permission_denied` for a sub-account, `not_supported` for an account without an AccessKey
   */
  async regenerateSecret(tenant: AccountPrincipal, caller: Caller): Promise<AccountWithSecret> {
    if (tenant.subAccount !== undefined) throw new TollgateError('permission_denied', 'permission denied');
    const current = await this.findOwn(tenant);
    if (current.credentials === undefined) {
      throw new TollgateError('not_supported', 'this account has no AccessKey of its own');
    }
    const { accessKey } = current.credentials;
    const { credentials, secretKey } = await this.makeCredentials(current.id, accessKey);
    const audit = this.audit.describe({
      action: 'regenerate_secret_key',
      accountId: current.id,
      resourceId: current.id,
      caller,
    });
    const account = await this.accounts.replaceSecret(current.id, credentials, this.clock.now(), audit);
    if (account === undefined) throw accountNotFound();
    return { account, accessKey, secretKey };
  }

  private async makeCredentials(
    accountId: string,
    accessKey: string,
  ): Promise<{ readonly credentials: AccountCredentials; readonly secretKey: string }> {
    const secretKey = newSecretKey();
    const secretHash = await this.hasher.hash(secretKey);
    return { credentials: { accessKey, secretSealed: this.sealer.seal(accountId, secretKey), secretHash }, secretKey };
  }
}

function emailTaken(): TollgateError {
  return new TollgateError('conflict', 'email already registered');
}

function accountNotFound(): TollgateError {
  return new TollgateError('not_found', 'account not found');
}

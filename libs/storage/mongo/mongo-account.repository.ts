import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import {
  type Account,
  type AccountCredentials,
  AccountRepository,
  type AccountStatus,
  type AuditRecord,
  DuplicateError,
  type Page,
  type PageRequest,
  type RateLimit,
  type SealedSecret,
  type ValidationLogSetting,
} from '@tollgate/domain';
import { Model, type QueryFilter } from 'mongoose';
import { AuditOutbox } from './audit-outbox';
import { MongoChangeFeed } from './mongo-change-feed';
import { AccountDocument, toAccount, toAccountDocument } from './schemas/account.schema';
import { toAuditDocument } from './schemas/audit-record.schema';
import { toRateLimitDocument } from './schemas/rate-limit.schema';
import { toValidationLogDocument } from './schemas/validation-log-setting.schema';
import { onStore } from './store-errors';

/** What a change sets and takes away. */
interface AccountUpdate {
  readonly set?: Partial<AccountDocument>;
  readonly unset?: { readonly [K in keyof AccountDocument]?: 1 };
}

/** Accounts in the collection `accounts`. Each verb is one write to one document, its audit record included. */
@Injectable()
export class MongoAccountRepository extends AccountRepository {
  constructor(
    @InjectModel(AccountDocument.name) private readonly accounts: Model<AccountDocument>,
    private readonly outbox: AuditOutbox,
    private readonly changes: MongoChangeFeed,
  ) {
    super();
  }

  override async insert(account: Account, audit: AuditRecord): Promise<void> {
    const document = toAccountDocument(account, audit);
    await onStore(() => this.accounts.create(document));
    this.publish(account.id);
    await this.outbox.relay('accounts', document);
  }

  override findById(accountId: string): Promise<Account | undefined> {
    return this.findOne({ _id: accountId });
  }

  override findByAccessKey(accessKey: string): Promise<Account | undefined> {
    return this.findOne({ access_key: accessKey });
  }

  override findByEmail(email: string): Promise<Account | undefined> {
    return this.findOne({ email });
  }

  override findByQiniuUid(uid: number): Promise<Account | undefined> {
    return this.findOne({ qiniu_uid: uid });
  }

  override replaceSecret(
    accountId: string,
    secret: Pick<AccountCredentials, 'secretSealed' | 'secretHash'>,
    at: Date,
    audit: AuditRecord,
  ): Promise<Account | undefined> {
    // Without an AccessKey there is nothing the secret could belong to.
    const filter = { _id: accountId, access_key: { $exists: true } };
    const set = { secret_sealed: sealedDocument(secret.secretSealed), secret_hash: secret.secretHash, updated_at: at };
    return this.change(filter, { set }, audit);
  }

  override setStatus(
    accountId: string,
    status: AccountStatus,
    at: Date,
    audit: AuditRecord,
  ): Promise<Account | undefined> {
    return this.change({ _id: accountId }, { set: { status, updated_at: at } }, audit);
  }

  override setRateLimit(
    accountId: string,
    rateLimit: RateLimit | undefined,
    at: Date,
    audit: AuditRecord,
  ): Promise<Account | undefined> {
    const update: AccountUpdate =
      rateLimit === undefined
        ? { set: { updated_at: at }, unset: { rate_limit: 1 } }
        : { set: { updated_at: at, rate_limit: toRateLimitDocument(rateLimit) } };
    return this.change({ _id: accountId }, update, audit);
  }

  override setValidationLog(
    accountId: string,
    validationLog: ValidationLogSetting | undefined,
    at: Date,
    audit: AuditRecord,
  ): Promise<Account | undefined> {
    const update: AccountUpdate =
      validationLog === undefined
        ? { set: { updated_at: at }, unset: { validation_log: 1 } }
        : { set: { updated_at: at, validation_log: toValidationLogDocument(validationLog) } };
    return this.change({ _id: accountId }, update, audit);
  }

  override async upsertFromDirectory(account: Account): Promise<void> {
    if (await this.updateFromDirectory(account)) return;
    const known = await onStore(() => this.accounts.exists({ _id: account.id }));
    if (known !== null) return;
    try {
      await onStore(() => this.accounts.create(toAccountDocument(account)));
    } catch (error) {
      if (!(error instanceof DuplicateError) || error.field !== 'id') throw error;
      // Somebody else saw it first, perhaps with older news than ours.
      await this.updateFromDirectory(account);
      return;
    }
    this.publish(account.id);
  }

  override async reseal(accountId: string, from: SealedSecret, to: SealedSecret): Promise<boolean> {
    const stored = { 'secret_sealed.key_id': from.keyId, 'secret_sealed.envelope': from.envelope };
    const { matchedCount } = await onStore(() =>
      this.accounts.updateOne({ _id: accountId, ...stored }, { $set: { secret_sealed: sealedDocument(to) } }),
    );
    if (matchedCount === 1) this.publish(accountId);
    return matchedCount === 1;
  }

  override async listAcrossAccounts(
    filter: { readonly status?: AccountStatus; readonly search?: string },
    page: PageRequest,
  ): Promise<Page<Account>> {
    const wanted: QueryFilter<AccountDocument> = {
      ...(filter.status === undefined ? {} : { status: filter.status }),
      ...(filter.search === undefined ? {} : searchFilter(filter.search)),
    };
    const [documents, total] = await onStore(() =>
      Promise.all([
        this.accounts
          .find(wanted)
          .sort({ created_at: -1, _id: 1 })
          .skip(page.offset)
          .limit(page.limit)
          .lean<AccountDocument[]>()
          .exec(),
        this.accounts.countDocuments(wanted).exec(),
      ]),
    );
    return { items: documents.map(toAccount), total };
  }

  override async listSealedOtherwiseAcrossAccounts(
    keyId: string,
    afterId: string,
    limit: number,
  ): Promise<readonly { readonly accountId: string; readonly secretSealed: SealedSecret }[]> {
    const documents = await onStore(() =>
      this.accounts
        .find({ _id: { $gt: afterId }, 'secret_sealed.key_id': { $exists: true, $ne: keyId } })
        .sort({ _id: 1 })
        .limit(limit)
        .select({ secret_sealed: 1 })
        .lean<Pick<AccountDocument, '_id' | 'secret_sealed'>[]>()
        .exec(),
    );
    return documents.flatMap(({ _id, secret_sealed: sealed }) =>
      sealed === undefined
        ? []
        : [{ accountId: _id, secretSealed: { keyId: sealed.key_id, envelope: sealed.envelope } }],
    );
  }

  override async countBySealKeyAcrossAccounts(): Promise<ReadonlyMap<string, number>> {
    const groups = await onStore(() =>
      this.accounts
        .aggregate<{ _id: string; count: number }>([
          { $match: { 'secret_sealed.key_id': { $exists: true } } },
          { $group: { _id: '$secret_sealed.key_id', count: { $sum: 1 } } },
        ])
        .exec(),
    );
    return new Map(groups.map(({ _id, count }) => [_id, count]));
  }

  private async findOne(filter: QueryFilter<AccountDocument>): Promise<Account | undefined> {
    const document = await onStore(() => this.accounts.findOne(filter).lean<AccountDocument>().exec());
    return document === null ? undefined : toAccount(document);
  }

  private async change(
    filter: QueryFilter<AccountDocument>,
    { set = {}, unset = {} }: AccountUpdate,
    audit: AuditRecord,
  ): Promise<Account | undefined> {
    const changed = await onStore(() =>
      this.accounts
        .findOneAndUpdate(
          filter,
          {
            $set: { ...set, audit_pending: true },
            $push: { pending_audit: toAuditDocument(audit) },
            ...(Object.keys(unset).length === 0 ? {} : { $unset: unset }),
          },
          { returnDocument: 'after' },
        )
        .lean<AccountDocument>()
        .exec(),
    );
    if (changed === null) return undefined;
    this.publish(changed._id);
    await this.outbox.relay('accounts', changed);
    return toAccount(changed);
  }

  /** @returns whether a shadow account was there and said something else */
  private async updateFromDirectory({ id, email, status, updatedAt }: Account): Promise<boolean> {
    const differs = {
      $or: [{ status: { $ne: status } }, { email: email === undefined ? { $exists: true } : { $ne: email } }],
    };
    const { matchedCount } = await onStore(() =>
      this.accounts.updateOne(
        { _id: id, origin: 'directory', ...differs },
        email === undefined
          ? { $set: { status, updated_at: updatedAt }, $unset: { email: 1 } }
          : { $set: { status, email, updated_at: updatedAt } },
      ),
    );
    if (matchedCount === 0) return false;
    this.publish(id);
    return true;
  }

  private publish(accountId: string): void {
    this.changes.publish({ kind: 'account', accountId });
  }
}

function sealedDocument(secret: SealedSecret): { key_id: string; envelope: string } {
  return { key_id: secret.keyId, envelope: secret.envelope };
}

function searchFilter(search: string): QueryFilter<AccountDocument> {
  const part = { $regex: search.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'), $options: 'i' };
  return { $or: [{ _id: part }, { email: part }, { company: part }, { access_key: search }] };
}

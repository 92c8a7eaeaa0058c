import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import {
  type AuditRecord,
  type Page,
  type PageRequest,
  type Token,
  type TokenChanges,
  type TokenCredential,
  type TokenFilter,
  TokenRepository,
  type UsageBatch,
  type UsageBucket,
  type UsageGranularity,
} from '@tollgate/domain';
import { Model, type QueryFilter } from 'mongoose';
import { AuditOutbox } from './audit-outbox';
import { MongoChangeFeed } from './mongo-change-feed';
import { MongoTokenUsage } from './mongo-token-usage';
import { AccountDocument } from './schemas/account.schema';
import { toAuditDocument } from './schemas/audit-record.schema';
import { toRateLimit, toRateLimitDocument } from './schemas/rate-limit.schema';
import {
  NOT_DELETED,
  TOKEN_PROJECTION,
  TokenDocument,
  type TokenFields,
  toToken,
  toTokenDocument,
  WITHOUT_USAGE,
} from './schemas/token.schema';
import { toValidationLog } from './schemas/validation-log-setting.schema';
import { onStore } from './store-errors';

/** What a change sets and takes away. */
interface TokenUpdate {
  readonly set: Partial<TokenDocument>;
  readonly unset?: { readonly [K in keyof TokenDocument]?: 1 };
}

/** Tokens in the collection `tokens`. Each verb is one write to one document, its audit record included. */
@Injectable()
export class MongoTokenRepository extends TokenRepository {
  constructor(
    @InjectModel(TokenDocument.name) private readonly tokens: Model<TokenDocument>,
    @InjectModel(AccountDocument.name) private readonly accounts: Model<AccountDocument>,
    private readonly usage: MongoTokenUsage,
    private readonly outbox: AuditOutbox,
    private readonly changes: MongoChangeFeed,
  ) {
    super();
  }

  override async insert(token: Token, audit: AuditRecord): Promise<void> {
    const document = toTokenDocument(token, [], audit);
    await onStore(() => this.tokens.create(document));
    this.publish(token);
    await this.outbox.relay('tokens', document);
  }

  override findById(accountId: string, tokenId: string): Promise<Token | undefined> {
    return this.findOne({ account_id: accountId, token_id: tokenId });
  }

  override async findCredentialByHash(hash: Buffer): Promise<TokenCredential | undefined> {
    const token = await this.findOne({ token: hash });
    if (token === undefined) return undefined;
    // Read second: a suspension acknowledged before this call began is seen, whatever happens to the token.
    const account = await onStore(() =>
      this.accounts
        .findById(token.accountId)
        .select({ _id: 0, status: 1, rate_limit: 1, qiniu_uid: 1, validation_log: 1 })
        .lean<Pick<AccountDocument, 'status' | 'rate_limit' | 'qiniu_uid' | 'validation_log'>>()
        .exec(),
    );
    if (account === null) return undefined;
    return {
      token,
      account: {
        status: account.status,
        ...(account.rate_limit === undefined ? {} : { rateLimit: toRateLimit(account.rate_limit) }),
        ...(account.qiniu_uid === undefined ? {} : { qiniuUid: account.qiniu_uid }),
        ...(account.validation_log === undefined ? {} : { validationLog: toValidationLog(account.validation_log) }),
      },
    };
  }

  override async list(accountId: string, filter: TokenFilter, page: PageRequest): Promise<Page<Token>> {
    const wanted: QueryFilter<TokenDocument> = {
      account_id: accountId,
      ...NOT_DELETED,
      ...(filter.iuid === undefined ? {} : { iuid: filter.iuid }),
      ...(filter.activeAt === undefined
        ? {}
        : { is_active: true, $or: [{ expires_at: { $exists: false } }, { expires_at: { $gt: filter.activeAt } }] }),
    };
    const [documents, total] = await onStore(() =>
      Promise.all([
        this.tokens
          .find(wanted)
          .select(TOKEN_PROJECTION)
          .sort({ created_at: -1, token_id: 1 })
          .skip(page.offset)
          .limit(page.limit)
          .lean<TokenFields[]>()
          .exec(),
        this.tokens.countDocuments(wanted).exec(),
      ]),
    );
    return { items: documents.map(toToken), total };
  }

  override async setActive(
    accountId: string,
    tokenId: string,
    isActive: boolean,
    at: Date,
    audit: AuditRecord,
  ): Promise<Token | undefined> {
    return this.change(accountId, tokenId, { set: { is_active: isActive, updated_at: at } }, audit);
  }

  override async update(
    accountId: string,
    tokenId: string,
    { description, scopes, rateLimit }: TokenChanges,
    at: Date,
    audit: AuditRecord,
  ): Promise<Token | undefined> {
    const set: Partial<TokenDocument> = {
      updated_at: at,
      ...(description === undefined ? {} : { description }),
      ...(scopes === undefined ? {} : { scope: [...scopes] }),
      ...(rateLimit === undefined || rateLimit === null ? {} : { rate_limit: toRateLimitDocument(rateLimit) }),
    };
    return this.change(accountId, tokenId, rateLimit === null ? { set, unset: { rate_limit: 1 } } : { set }, audit);
  }

  override async delete(accountId: string, tokenId: string, audit: AuditRecord): Promise<boolean> {
    const deleted = await this.change(accountId, tokenId, { set: { deleted_at: audit.timestamp } }, audit);
    return deleted !== undefined;
  }

  override recordUsage(batch: UsageBatch): Promise<void> {
    return this.usage.record(batch);
  }

  override listUsage(
    accountId: string,
    tokenId: string,
    granularity: UsageGranularity,
    fromHour: number,
    toHour: number,
  ): Promise<readonly UsageBucket[]> {
    return this.usage.list(accountId, tokenId, granularity, { from: fromHour, to: toHour });
  }

  override foldUsage(beforeHour: number, limit: number): Promise<number> {
    return this.usage.fold(beforeHour, limit);
  }

  /** The TTL index does the same once a minute; this is for whoever wants it done at an instant of theirs. */
  override async purge(now: Date, limit: number): Promise<number> {
    const due = { purge_at: { $lte: now }, audit_pending: false };
    const found = await onStore(() =>
      this.tokens
        .find(due)
        .limit(limit)
        .select({ token: 1, token_id: 1 })
        .lean<Pick<TokenDocument, '_id' | 'token' | 'token_id'>[]>()
        .exec(),
    );
    if (found.length === 0) return 0;
    const ids = found.map((document) => document._id);
    const { deletedCount } = await onStore(() => this.tokens.deleteMany({ _id: { $in: ids }, ...due }));
    for (const { token } of found) {
      this.changes.publish({ kind: 'token', tokenHash: token.toString('hex') });
    }
    await this.usage.forget(found.map((document) => document.token_id));
    return deletedCount;
  }

  private async findOne(filter: QueryFilter<TokenDocument>): Promise<Token | undefined> {
    const document = await onStore(() =>
      this.tokens
        .findOne({ ...filter, ...NOT_DELETED })
        .select(TOKEN_PROJECTION)
        .lean<TokenFields>()
        .exec(),
    );
    return document === null ? undefined : toToken(document);
  }

  private async change(
    accountId: string,
    tokenId: string,
    { set, unset }: TokenUpdate,
    audit: AuditRecord,
  ): Promise<Token | undefined> {
    const changed = await onStore(() =>
      this.tokens
        .findOneAndUpdate(
          { account_id: accountId, token_id: tokenId, ...NOT_DELETED },
          {
            $set: { ...set, audit_pending: true },
            $push: { pending_audit: toAuditDocument(audit) },
            ...(unset === undefined ? {} : { $unset: unset }),
          },
          { returnDocument: 'after' },
        )
        .select(WITHOUT_USAGE)
        .lean<Omit<TokenDocument, keyof typeof WITHOUT_USAGE>>()
        .exec(),
    );
    if (changed === null) return undefined;
    const token = toToken(changed);
    this.publish(token);
    await this.outbox.relay('tokens', changed);
    return token;
  }

  private publish(token: Token): void {
    this.changes.publish({ kind: 'token', tokenHash: token.hash.toString('hex') });
  }
}

import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import {
  type AuditRecord,
  type DailyUsage,
  type Page,
  type PageRequest,
  type Token,
  type TokenCredential,
  type TokenFilter,
  TokenRepository,
  type TokenUsage,
} from '@tollgate/domain';
import { Model, type QueryFilter } from 'mongoose';
import { AuditOutbox } from './audit-outbox';
import { MongoChangeFeed } from './mongo-change-feed';
import { AccountDocument } from './schemas/account.schema';
import { toAuditDocument } from './schemas/audit-record.schema';
import { toRateLimit } from './schemas/rate-limit.schema';
import { TOKEN_PROJECTION, TokenDocument, type TokenFields, toToken, toTokenDocument } from './schemas/token.schema';
import { onStore } from './store-errors';
import { usageUpdates } from './usage-updates';

/** A deleted token waits for its audit record to be handed on; nobody else may see it. */
const NOT_DELETED = { deleted_at: { $exists: false } } as const;

/** Tokens in the collection `tokens`. Each verb is one write to one document, its audit record included. */
@Injectable()
export class MongoTokenRepository extends TokenRepository {
  constructor(
    @InjectModel(TokenDocument.name) private readonly tokens: Model<TokenDocument>,
    @InjectModel(AccountDocument.name) private readonly accounts: Model<AccountDocument>,
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
        .select({ _id: 0, status: 1, rate_limit: 1, qiniu_uid: 1 })
        .lean<Pick<AccountDocument, 'status' | 'rate_limit' | 'qiniu_uid'>>()
        .exec(),
    );
    if (account === null) return undefined;
    return {
      token,
      account: {
        status: account.status,
        ...(account.rate_limit === undefined ? {} : { rateLimit: toRateLimit(account.rate_limit) }),
        ...(account.qiniu_uid === undefined ? {} : { qiniuUid: account.qiniu_uid }),
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
    return this.change(accountId, tokenId, { is_active: isActive, updated_at: at }, audit);
  }

  override async delete(accountId: string, tokenId: string, audit: AuditRecord): Promise<boolean> {
    const deleted = await this.change(accountId, tokenId, { deleted_at: audit.timestamp }, audit);
    return deleted !== undefined;
  }

  /**
   * One update for each token, so that its total, its days and `last_used_at` always agree. If the process or the
   * server dies in the middle, some tokens have got their counts and the others have not; none has got them twice,
   * because a retry of the driver is recognised by the server (replica set) or never made (standalone). After a
   * rejection it is unknown which: repeating the batch may count some twice, dropping it may lose some.
   */
  override async recordUsage(batch: readonly TokenUsage[]): Promise<void> {
    const updates = usageUpdates(batch);
    if (updates.length === 0) return;
    await onStore(() => this.tokens.collection.bulkWrite(updates, { ordered: false }));
  }

  override async listDailyUsage(
    accountId: string,
    tokenId: string,
    fromDay: string,
    toDay: string,
  ): Promise<readonly DailyUsage[]> {
    const document = await onStore(() =>
      this.tokens
        .findOne({ account_id: accountId, token_id: tokenId, ...NOT_DELETED })
        .select({ _id: 0, daily_requests: 1 })
        .lean<Pick<TokenDocument, 'daily_requests'>>()
        .exec(),
    );
    return Object.entries(document?.daily_requests ?? {})
      .filter(([day]) => day >= fromDay && day <= toDay)
      .map(([day, requests]) => ({ day, requests }))
      .sort((a, b) => (a.day < b.day ? -1 : 1));
  }

  /** The TTL index does the same once a minute; this is for whoever wants it done at an instant of theirs. */
  override async purge(now: Date, limit: number): Promise<number> {
    const due = { purge_at: { $lte: now }, audit_pending: false };
    const found = await onStore(() =>
      this.tokens.find(due).limit(limit).select({ token: 1 }).lean<Pick<TokenDocument, '_id' | 'token'>[]>().exec(),
    );
    if (found.length === 0) return 0;
    const ids = found.map((document) => document._id);
    const { deletedCount } = await onStore(() => this.tokens.deleteMany({ _id: { $in: ids }, ...due }));
    for (const { token } of found) {
      this.changes.publish({ kind: 'token', tokenHash: token.toString('hex') });
    }
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
    set: Partial<TokenDocument>,
    audit: AuditRecord,
  ): Promise<Token | undefined> {
    const changed = await onStore(() =>
      this.tokens
        .findOneAndUpdate(
          { account_id: accountId, token_id: tokenId, ...NOT_DELETED },
          { $set: { ...set, audit_pending: true }, $push: { pending_audit: toAuditDocument(audit) } },
          { returnDocument: 'after' },
        )
        .select({ daily_requests: 0 })
        .lean<Omit<TokenDocument, 'daily_requests'>>()
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

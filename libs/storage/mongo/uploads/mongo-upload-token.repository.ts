import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import {
  type AuditRecord,
  type Page,
  type PageRequest,
  type UploadCommit,
  type UploadCommitOutcome,
  type UploadCredential,
  type UploadToken,
  type UploadTokenEnd,
  type UploadTokenFilter,
  type UploadTokenInsertOutcome,
  UploadTokenRepository,
  uploadTokenPurgeAt,
} from '@tollgate/domain';
import { Model, type QueryFilter } from 'mongoose';
import { AuditOutbox } from '../audit-outbox';
import { toAuditDocument } from '../schemas/audit-record.schema';
import {
  NO_END,
  toEndDocument,
  toUploadToken,
  toUploadTokenDocument,
  UPLOAD_TOKEN_PROJECTION,
  UploadTokenDocument,
  type UploadTokenFields,
} from '../schemas/upload-token.schema';
import { onStore } from '../store-errors';
import { UploadAccounts } from './upload-accounts';
import { UploadCommits } from './upload-commits';

/** Upload tokens in the collection `upload_tokens`. A token's end is one write to one document, its audit record included. */
@Injectable()
export class MongoUploadTokenRepository extends UploadTokenRepository {
  constructor(
    @InjectModel(UploadTokenDocument.name) private readonly tokens: Model<UploadTokenDocument>,
    private readonly accounts: UploadAccounts,
    private readonly commits: UploadCommits,
    private readonly outbox: AuditOutbox,
  ) {
    super();
  }

  /**
   * A suspension is a write to the account and then {@link revokeAll}. If it is not seen by the second look at the account,
   * it comes after it, and then its second step finds the token. Should this process end between the insert and that look,
   * nobody has been told the token's value.
   */
  override async insert(token: UploadToken, audit: AuditRecord): Promise<UploadTokenInsertOutcome> {
    if (await this.isSuspended(token.accountId)) return 'suspended';
    const document = toUploadTokenDocument(token, audit);
    await onStore(() => this.tokens.create(document));
    const isTooLate = await this.isSuspended(token.accountId);
    if (isTooLate) await this.revokeNew(token);
    await this.outbox.relay('upload_tokens', document);
    return isTooLate ? 'suspended' : 'inserted';
  }

  override async findCredentialByHash(hash: Buffer): Promise<UploadCredential | undefined> {
    const token = await this.findOne({ token: hash });
    if (token === undefined) return undefined;
    // Read second: a suspension acknowledged before this call began is seen, whatever happens to the token.
    return { token, accountStatus: await this.accounts.findStatus(token.accountId) };
  }

  override findById(accountId: string, tokenId: string): Promise<UploadToken | undefined> {
    return this.findOne({ _id: tokenId, account_id: accountId });
  }

  override findByIdAcrossAccounts(tokenId: string): Promise<UploadToken | undefined> {
    return this.findOne({ _id: tokenId });
  }

  override list(accountId: string, filter: UploadTokenFilter, page: PageRequest): Promise<Page<UploadToken>> {
    return this.page({ account_id: accountId, ...fieldsOf(filter) }, page);
  }

  override listAcrossAccounts(filter: UploadTokenFilter, page: PageRequest): Promise<Page<UploadToken>> {
    return this.page(fieldsOf(filter), page);
  }

  override async revoke(
    accountId: string,
    tokenId: string,
    at: Date,
    purgeAt: Date,
    audit: AuditRecord,
  ): Promise<UploadToken | undefined> {
    const ended = await this.end(accountId, tokenId, { reason: 'revoked', at }, purgeAt, audit);
    return ended ?? (await this.findById(accountId, tokenId));
  }

  override async revokeAll(accountId: string, at: Date, purgeAt: Date): Promise<number> {
    const { modifiedCount } = await onStore(() =>
      this.tokens.updateMany(
        { account_id: accountId, ...NO_END },
        { $set: { end: toEndDocument({ reason: 'revoked', at }), purge_at: purgeAt, ttl_at: purgeAt } },
      ),
    );
    return modifiedCount;
  }

  override async refuse(
    accountId: string,
    tokenId: string,
    at: Date,
    purgeAt: Date,
    audit: AuditRecord,
  ): Promise<boolean> {
    return (await this.end(accountId, tokenId, { reason: 'refused', at }, purgeAt, audit)) !== undefined;
  }

  override commit(tokenId: string, purgeAt: Date, commit: UploadCommit): Promise<UploadCommitOutcome> {
    return this.commits.commit(tokenId, purgeAt, commit);
  }

  /** The TTL index does the same once a minute; this is for whoever wants it done at an instant of theirs. */
  override async purge(now: Date, limit: number): Promise<number> {
    const due: QueryFilter<UploadTokenDocument> = {
      purge_at: { $lte: now },
      audit_pending: false,
      $or: [{ held_until: { $exists: false } }, { held_until: { $lte: now } }],
    };
    const found = await onStore(() =>
      this.tokens.find(due).limit(limit).select({ _id: 1 }).lean<Pick<UploadTokenDocument, '_id'>[]>().exec(),
    );
    if (found.length === 0) return 0;
    const ids = found.map(({ _id }) => _id);
    const { deletedCount } = await onStore(() => this.tokens.deleteMany({ _id: { $in: ids }, ...due }));
    return deletedCount;
  }

  private async isSuspended(accountId: string): Promise<boolean> {
    return (await this.accounts.findStatus(accountId)) === 'suspended';
  }

  /** As the suspension would have done, had it come a moment later. */
  private async revokeNew({ id, createdAt }: UploadToken): Promise<void> {
    const purgeAt = uploadTokenPurgeAt(createdAt);
    const end = toEndDocument({ reason: 'revoked', at: createdAt });
    await onStore(() =>
      this.tokens.updateOne({ _id: id, ...NO_END }, { $set: { end, purge_at: purgeAt, ttl_at: purgeAt } }),
    );
  }

  private async findOne(filter: QueryFilter<UploadTokenDocument>): Promise<UploadToken | undefined> {
    const fields = await onStore(() =>
      this.tokens.findOne(filter).select(UPLOAD_TOKEN_PROJECTION).lean<UploadTokenFields>().exec(),
    );
    return fields === null ? undefined : toUploadToken(fields);
  }

  private async page(wanted: QueryFilter<UploadTokenDocument>, page: PageRequest): Promise<Page<UploadToken>> {
    const [documents, total] = await onStore(() =>
      Promise.all([
        this.tokens
          .find(wanted)
          .select(UPLOAD_TOKEN_PROJECTION)
          .sort({ created_at: -1, _id: 1 })
          .skip(page.offset)
          .limit(page.limit)
          .lean<UploadTokenFields[]>()
          .exec(),
        this.tokens.countDocuments(wanted).exec(),
      ]),
    );
    return { items: documents.map(toUploadToken), total };
  }

  /** @returns the token, unless it had an end or is not there */
  private async end(
    accountId: string,
    tokenId: string,
    end: UploadTokenEnd,
    purgeAt: Date,
    audit: AuditRecord,
  ): Promise<UploadToken | undefined> {
    const ended = await onStore(() =>
      this.tokens
        .findOneAndUpdate(
          { _id: tokenId, account_id: accountId, ...NO_END },
          {
            $set: { end: toEndDocument(end), purge_at: purgeAt, ttl_at: purgeAt, audit_pending: true },
            $push: { pending_audit: toAuditDocument(audit) },
          },
          { returnDocument: 'after' },
        )
        .lean<UploadTokenDocument>()
        .exec(),
    );
    if (ended === null) return undefined;
    await this.outbox.relay('upload_tokens', ended);
    return toUploadToken(ended);
  }
}

function fieldsOf({ ownerLabel, iuid, openAt }: UploadTokenFilter): QueryFilter<UploadTokenDocument> {
  return {
    ...(ownerLabel === undefined ? {} : { 'options.owner_label': ownerLabel }),
    ...(iuid === undefined ? {} : { iuid }),
    ...(openAt === undefined ? {} : { ...NO_END, expires_at: { $gt: openAt } }),
  };
}

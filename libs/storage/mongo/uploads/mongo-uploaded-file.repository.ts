import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import {
  type AuditRecord,
  type DeletedFile,
  type Page,
  type PageRequest,
  TollgateError,
  type UploadCommit,
  type UploadedFile,
  type UploadedFileFilter,
  UploadedFileRepository,
} from '@tollgate/domain';
import { Model, type QueryFilter } from 'mongoose';
import { AuditOutbox } from '../audit-outbox';
import { toAuditDocument } from '../schemas/audit-record.schema';
import {
  toUploadedFile,
  UPLOADED_FILE_PROJECTION,
  UploadedFileDocument,
  type UploadedFileFields,
} from '../schemas/uploaded-file.schema';
import { onStore } from '../store-errors';
import { UNDECIDED_INSERT, UploadPreparations } from './upload-preparations';
import { UploadQuotas } from './upload-quotas';

/**
 * Files in the collection `uploaded_files`. Reading verbs first show what was decided and not shown yet, so that a file is
 * there as soon as its commit was.
 */
@Injectable()
export class MongoUploadedFileRepository extends UploadedFileRepository {
  constructor(
    @InjectModel(UploadedFileDocument.name) private readonly files: Model<UploadedFileDocument>,
    private readonly preparations: UploadPreparations,
    private readonly quotas: UploadQuotas,
    private readonly outbox: AuditOutbox,
  ) {
    super();
  }

  override async insert({ file, callback, quotaBytes, audit }: UploadCommit): Promise<'stored' | 'quota'> {
    await this.preparations.prepare(file, callback, undefined);
    if (quotaBytes !== undefined && !(await this.quotas.claim(file, quotaBytes))) {
      await this.preparations.withdraw(file.id);
      return 'quota';
    }
    const stored = await this.change(
      { _id: file.id, ...UNDECIDED_INSERT },
      // `prepared` stays until its callback is shown too.
      { $set: { state: 'stored' } },
      audit,
    );
    if (stored === undefined) throw new TollgateError('unavailable', 'the upload took too long to be stored');
    return 'stored';
  }

  override findById(accountId: string, fileId: string): Promise<UploadedFile | undefined> {
    return this.findOne({ _id: fileId, account_id: accountId });
  }

  override findByIdAcrossAccounts(fileId: string): Promise<UploadedFile | undefined> {
    return this.findOne({ _id: fileId });
  }

  override list(accountId: string, filter: UploadedFileFilter, page: PageRequest): Promise<Page<UploadedFile>> {
    return this.page({ account_id: accountId }, filter, page);
  }

  override listAcrossAccounts(filter: UploadedFileFilter, page: PageRequest): Promise<Page<UploadedFile>> {
    return this.page({}, filter, page);
  }

  override async usedBytes(accountId: string): Promise<number> {
    await this.preparations.settle({ account_id: accountId });
    return this.quotas.usedBytes(accountId);
  }

  override async delete(accountId: string, fileId: string, audit: AuditRecord): Promise<UploadedFile | undefined> {
    await this.preparations.settle({ _id: fileId });
    const deleted = await this.change(
      { _id: fileId, account_id: accountId, state: 'stored' },
      { $set: { state: 'deleted', hidden_at: audit.timestamp } },
      audit,
    );
    return deleted === undefined ? undefined : toUploadedFile(deleted);
  }

  override async listDeleted(limit: number): Promise<readonly DeletedFile[]> {
    const documents = await onStore(() =>
      this.files
        .find({ state: 'deleted', hidden_at: { $exists: true } })
        .sort({ hidden_at: 1 })
        .limit(limit)
        .select({ storage_key: 1 })
        .lean<Pick<UploadedFileDocument, '_id' | 'storage_key'>[]>()
        .exec(),
    );
    return documents.map(({ _id: id, storage_key: storageKey }) => ({ id, storageKey }));
  }

  override async forgetDeleted(fileIds: readonly string[]): Promise<void> {
    // One whose audit record has not been handed on would take it along; it is listed again.
    await onStore(() => this.files.deleteMany({ _id: { $in: fileIds }, state: 'deleted', audit_pending: false }));
  }

  override async findExisting(fileIds: readonly string[]): Promise<ReadonlySet<string>> {
    const wanted = { _id: { $in: [...fileIds] } };
    await this.preparations.settle(wanted);
    const documents = await onStore(() =>
      this.files
        .find({ ...wanted, state: 'stored' })
        .select({ _id: 1 })
        .lean<Pick<UploadedFileDocument, '_id'>[]>()
        .exec(),
    );
    return new Set(documents.map(({ _id }) => _id));
  }

  private async findOne(wanted: QueryFilter<UploadedFileDocument>): Promise<UploadedFile | undefined> {
    await this.preparations.settle(wanted);
    const fields = await onStore(() =>
      this.files
        .findOne({ ...wanted, state: 'stored' })
        .select(UPLOADED_FILE_PROJECTION)
        .lean<UploadedFileFields>()
        .exec(),
    );
    return fields === null ? undefined : toUploadedFile(fields);
  }

  private async page(
    whose: QueryFilter<UploadedFileDocument>,
    { ownerLabel, iuid, tokenId }: UploadedFileFilter,
    page: PageRequest,
  ): Promise<Page<UploadedFile>> {
    await this.preparations.settle(whose);
    const wanted: QueryFilter<UploadedFileDocument> = {
      ...whose,
      state: 'stored',
      ...(ownerLabel === undefined ? {} : { owner_label: ownerLabel }),
      ...(iuid === undefined ? {} : { iuid }),
      ...(tokenId === undefined ? {} : { token_id: tokenId }),
    };
    const [documents, total] = await onStore(() =>
      Promise.all([
        this.files
          .find(wanted)
          .select(UPLOADED_FILE_PROJECTION)
          .sort({ created_at: -1, _id: 1 })
          .skip(page.offset)
          .limit(page.limit)
          .lean<UploadedFileFields[]>()
          .exec(),
        this.files.countDocuments(wanted).exec(),
      ]),
    );
    return { items: documents.map(toUploadedFile), total };
  }

  /** One write that changes a file and keeps the audit record. */
  private async change(
    wanted: QueryFilter<UploadedFileDocument>,
    { $set }: { readonly $set: Partial<UploadedFileDocument> },
    audit: AuditRecord,
  ): Promise<UploadedFileDocument | undefined> {
    const changed = await onStore(() =>
      this.files
        .findOneAndUpdate(
          wanted,
          { $set: { ...$set, audit_pending: true }, $push: { pending_audit: toAuditDocument(audit) } },
          { returnDocument: 'after' },
        )
        .lean<UploadedFileDocument>()
        .exec(),
    );
    if (changed === null) return undefined;
    await this.outbox.relay('uploaded_files', changed);
    return changed;
  }
}

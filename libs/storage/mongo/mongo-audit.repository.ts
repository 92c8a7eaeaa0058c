import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import {
  type AuditFilter,
  type AuditRecord,
  AuditRepository,
  DuplicateError,
  type Page,
  type PageRequest,
} from '@tollgate/domain';
import { Model, type QueryFilter } from 'mongoose';
import { AuditRecordDocument, toAuditDocument, toAuditRecord } from './schemas/audit-record.schema';
import { onStore } from './store-errors';

/** Audit records in the collection `audit_logs`; those of changes get here through the outbox. */
@Injectable()
export class MongoAuditRepository extends AuditRepository {
  constructor(@InjectModel(AuditRecordDocument.name) private readonly records: Model<AuditRecordDocument>) {
    super();
  }

  override async append(record: AuditRecord): Promise<void> {
    try {
      await onStore(() => this.records.create(toAuditDocument(record)));
    } catch (error) {
      if (!(error instanceof DuplicateError)) throw error;
    }
  }

  override list(accountId: string, filter: AuditFilter, page: PageRequest): Promise<Page<AuditRecord>> {
    return this.page({ account_id: accountId, ...fieldsOf(filter) }, page);
  }

  override listAcrossAccounts(filter: AuditFilter, page: PageRequest): Promise<Page<AuditRecord>> {
    return this.page(fieldsOf(filter), page);
  }

  /** The TTL index does the same once a minute; this is for whoever wants it done at an instant of theirs. */
  override async purge(before: Date, limit: number): Promise<number> {
    const due = { timestamp: { $lt: before } };
    const found = await onStore(() =>
      this.records.find(due).limit(limit).select({ _id: 1 }).lean<Pick<AuditRecordDocument, '_id'>[]>().exec(),
    );
    if (found.length === 0) return 0;
    const ids = found.map((document) => document._id);
    const { deletedCount } = await onStore(() => this.records.deleteMany({ _id: { $in: ids } }));
    return deletedCount;
  }

  private async page(wanted: QueryFilter<AuditRecordDocument>, page: PageRequest): Promise<Page<AuditRecord>> {
    const [documents, total] = await onStore(() =>
      Promise.all([
        this.records
          .find(wanted)
          .sort({ timestamp: -1, _id: 1 })
          .skip(page.offset)
          .limit(page.limit)
          .lean<AuditRecordDocument[]>()
          .exec(),
        this.records.countDocuments(wanted).exec(),
      ]),
    );
    return { items: documents.map(toAuditRecord), total };
  }
}

function fieldsOf({ action, resourceId, from, to }: AuditFilter): QueryFilter<AuditRecordDocument> {
  const range = { ...(from === undefined ? {} : { $gte: from }), ...(to === undefined ? {} : { $lte: to }) };
  return {
    ...(action === undefined ? {} : { action }),
    ...(resourceId === undefined ? {} : { resource_id: resourceId }),
    ...(Object.keys(range).length === 0 ? {} : { timestamp: range }),
  };
}

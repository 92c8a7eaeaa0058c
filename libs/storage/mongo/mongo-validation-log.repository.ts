import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import {
  type Page,
  type PageRequest,
  type ValidationFilter,
  ValidationLogRepository,
  type ValidationRecord,
} from '@tollgate/domain';
import { Model, type QueryFilter } from 'mongoose';
import {
  toValidationRecord,
  toValidationRecordDocument,
  ValidationRecordDocument,
} from './schemas/validation-record.schema';
import { onStore } from './store-errors';
import { refusedAsDuplicates } from './unordered-writes';

/** Validations in the collection `validation_log`. */
@Injectable()
export class MongoValidationLogRepository extends ValidationLogRepository {
  constructor(@InjectModel(ValidationRecordDocument.name) private readonly records: Model<ValidationRecordDocument>) {
    super();
  }

  /** After a rejection some records may be there and others not; those that are stay at a repetition. */
  override async append(records: readonly ValidationRecord[]): Promise<void> {
    if (records.length === 0) return;
    const operations = records.map((record) => ({ insertOne: { document: toValidationRecordDocument(record) } }));
    // The driver's own: nothing of these documents needs Mongoose's casting, and there may be thousands.
    const collection = this.records.db.collection<ValidationRecordDocument>(this.records.collection.name);
    await refusedAsDuplicates(() => collection.bulkWrite(operations, { ordered: false }));
  }

  override async list(
    accountId: string,
    tokenId: string,
    { result, from, to }: ValidationFilter,
    page: PageRequest,
  ): Promise<Page<ValidationRecord>> {
    const range = { ...(from === undefined ? {} : { $gte: from }), ...(to === undefined ? {} : { $lt: to }) };
    const wanted: QueryFilter<ValidationRecordDocument> = {
      account_id: accountId,
      token_id: tokenId,
      ...(result === undefined ? {} : { result }),
      ...(Object.keys(range).length === 0 ? {} : { at: range }),
    };
    const [documents, total] = await onStore(() =>
      Promise.all([
        this.records
          .find(wanted)
          .sort({ at: -1, _id: 1 })
          .skip(page.offset)
          .limit(page.limit)
          .lean<ValidationRecordDocument[]>()
          .exec(),
        this.records.countDocuments(wanted).exec(),
      ]),
    );
    return { items: documents.map(toValidationRecord), total };
  }

  /** The TTL index does the same once a minute; this is for whoever wants it done at an instant of theirs. */
  override async purge(now: Date, limit: number): Promise<number> {
    const due = { purge_at: { $lte: now } };
    const found = await onStore(() =>
      this.records.find(due).limit(limit).select({ _id: 1 }).lean<Pick<ValidationRecordDocument, '_id'>[]>().exec(),
    );
    if (found.length === 0) return 0;
    const ids = found.map((document) => document._id);
    const { deletedCount } = await onStore(() => this.records.deleteMany({ _id: { $in: ids }, ...due }));
    return deletedCount;
  }
}

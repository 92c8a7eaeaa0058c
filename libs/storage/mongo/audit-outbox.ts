import { Injectable, Logger } from '@nestjs/common';
import { InjectConnection } from '@nestjs/mongoose';
import { TollgateError } from '@tollgate/domain';
import { Connection, type mongo, type Types } from 'mongoose';
import type { AuditRecordDocument } from './schemas/audit-record.schema';
import { usageOf } from './schemas/token-usage.schema';
import type { UploadTokenEndDocument } from './schemas/upload-token.schema';
import type { FilePreparationDocument } from './schemas/uploaded-file.schema';
import { isDuplicate, onStore } from './store-errors';
import { UploadPreparations } from './uploads/upload-preparations';

/** The collections whose documents carry an outbox. */
const OUTBOX_COLLECTIONS = ['accounts', 'tokens', 'upload_tokens', 'uploaded_files', 'upload_callbacks'] as const;
export type OutboxCollection = (typeof OUTBOX_COLLECTIONS)[number];

/** Documents that one sweep reads of each collection; more wait for the next. */
const SWEEP_LIMIT = 1_000;

/** What of a changed document concerns the outbox. */
export interface OutboxDocument {
  readonly _id: string | Types.ObjectId;
  readonly pending_audit: readonly AuditRecordDocument[];
  readonly deleted_at?: Date;
  /** Of a token, or a file. */
  readonly token_id?: string;
  /** Of an upload token. */
  readonly end?: UploadTokenEndDocument;
  /** Of a file. */
  readonly prepared?: FilePreparationDocument;
}

/**
 * Carries audit records from the document whose change they describe to `audit_logs`.
 *
 * A change and its record are one write to one document; only then is the record copied, and last it is taken out of
 * the document (a deleted document goes as a whole, a token's usage with it). What else an upload's end has to bring
 * about is done before that. A crash between any two steps leaves work for {@link sweep}, and
 * doing a step twice changes nothing: a record's id is its `_id`. See docs/adr/0003-audit-outbox-on-mongodb.md.
 */
@Injectable()
export class AuditOutbox {
  private readonly logger = new Logger(AuditOutbox.name);

  constructor(
    @InjectConnection() private readonly connection: Connection,
    private readonly preparations: UploadPreparations,
  ) {}

  /**
   * Hands on what a verb has just written. Never throws: change and record are durable already, and a failure here
   * only means that the sweep does it.
   * @param document as the change left it
   */
  async relay(collection: OutboxCollection, document: OutboxDocument): Promise<void> {
    try {
      await this.handOn(collection, document);
    } catch (error) {
      this.logger.warn(
        `audit records of ${collection} wait for the sweep: ${error instanceof Error ? error.name : ''}`,
      );
    }
  }

  /**
   * Finishes what crashes and failures left, of any process.
   * @returns how many documents it handed on
   * @throws TollgateError `unavailable`
   */
  async sweep(): Promise<number> {
    let handedOn = 0;
    for (const name of OUTBOX_COLLECTIONS) {
      const waiting = await onStore(() =>
        this.collection(name)
          .find({ audit_pending: true })
          .project<OutboxDocument>({ pending_audit: 1, deleted_at: 1, token_id: 1, end: 1, prepared: 1 })
          .limit(SWEEP_LIMIT)
          .toArray(),
      );
      for (const document of waiting) {
        try {
          await this.handOn(name, document);
          handedOn += 1;
        } catch (error) {
          if (error instanceof TollgateError) throw error;
          // One document that can't be dealt with must not hold up the others.
          this.logger.error(`audit records of ${name} ${String(document._id)} can't be handed on`, stackOf(error));
        }
      }
    }
    return handedOn;
  }

  private async handOn(collection: OutboxCollection, document: OutboxDocument): Promise<void> {
    await onStore(async () => {
      await this.finishUpload(document);
      for (const record of document.pending_audit) await this.insertOnce(record);
      if (document.deleted_at === undefined) {
        await this.collection(collection).updateOne(
          { _id: document._id, ...holdsExactly(document.pending_audit) },
          { $set: { pending_audit: [], audit_pending: false } },
        );
      } else {
        // First, because without the document nobody would know of it any more.
        if (document.token_id !== undefined) {
          await this.database().collection<{ _id: string }>('token_usage').deleteMany(usageOf(document.token_id));
        }
        // Nothing can be added to a deleted document, so all of its records have been copied.
        await this.collection(collection).deleteOne({ _id: document._id, deleted_at: { $exists: true } });
      }
    });
  }

  /** While its records wait, a document is not removed, so that nothing else of an upload can be forgotten either. */
  private async finishUpload({ _id: id, end, prepared }: OutboxDocument): Promise<void> {
    if (end?.file_id !== undefined) await this.preparations.reveal(end.file_id);
    if (prepared !== undefined) await this.preparations.finishInsert({ _id: String(id), prepared });
  }

  private async insertOnce(record: AuditRecordDocument): Promise<void> {
    try {
      await this.database().collection<AuditRecordDocument>('audit_logs').insertOne(record);
    } catch (error) {
      if (!isDuplicate(error)) throw error;
    }
  }

  private collection(name: OutboxCollection): mongo.Collection<OutboxFields> {
    return this.database().collection<OutboxFields>(name);
  }

  private database(): mongo.Db {
    return this.connection.getClient().db(this.connection.name);
  }
}

function stackOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack : undefined;
}

interface OutboxFields {
  _id: string | Types.ObjectId;
  pending_audit: AuditRecordDocument[];
  audit_pending: boolean;
  deleted_at?: Date;
}

/**
 * Matches a document whose outbox holds these records and no others. If somebody has added one since, the emptying is
 * left to that one's own relay, which sees them all.
 */
function holdsExactly(records: readonly AuditRecordDocument[]): mongo.Filter<OutboxFields> {
  const ids = records.map((record) => record._id);
  return {
    pending_audit: { $size: ids.length },
    ...(ids.length === 0 ? {} : { 'pending_audit._id': { $all: ids } }),
  };
}

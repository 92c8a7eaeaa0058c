import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type AuditRecord, type UploadCallback, UploadCallbackRepository } from '@tollgate/domain';
import { Model } from 'mongoose';
import { AuditOutbox } from '../audit-outbox';
import { toAuditDocument } from '../schemas/audit-record.schema';
import { OPEN_CALLBACK, toUploadCallback, UploadCallbackDocument } from '../schemas/upload-callback.schema';
import { onStore } from '../store-errors';

/** Callbacks in the collection `upload_callbacks`. */
@Injectable()
export class MongoUploadCallbackRepository extends UploadCallbackRepository {
  constructor(
    @InjectModel(UploadCallbackDocument.name) private readonly callbacks: Model<UploadCallbackDocument>,
    private readonly outbox: AuditOutbox,
  ) {
    super();
  }

  override async claimDue(now: Date, until: Date, limit: number): Promise<readonly UploadCallback[]> {
    const claimed: UploadCallback[] = [];
    while (claimed.length < limit) {
      const due = await this.listDue(now, limit - claimed.length, claimed);
      if (due.length === 0) break;
      for (const callbackId of due) {
        const callback = await this.claim(callbackId, now, until);
        if (callback !== undefined) claimed.push(callback);
      }
    }
    return claimed;
  }

  override async postpone(callbackId: string, dueAt: Date): Promise<void> {
    await onStore(() =>
      this.callbacks.updateOne(
        { _id: callbackId, ...OPEN_CALLBACK },
        { $set: { due_at: dueAt }, $inc: { attempts: 1 } },
      ),
    );
  }

  override async remove(callbackId: string, audit: AuditRecord): Promise<boolean> {
    const removed = await onStore(() =>
      this.callbacks
        .findOneAndUpdate(
          { _id: callbackId, ...OPEN_CALLBACK },
          {
            $set: { deleted_at: audit.timestamp, audit_pending: true },
            $push: { pending_audit: toAuditDocument(audit) },
          },
          { returnDocument: 'after' },
        )
        .lean<UploadCallbackDocument>()
        .exec(),
    );
    if (removed === null) return false;
    await this.outbox.relay('upload_callbacks', removed);
    return true;
  }

  private async listDue(now: Date, limit: number, except: readonly UploadCallback[]): Promise<readonly string[]> {
    const found = await onStore(() =>
      this.callbacks
        .find({ _id: { $nin: except.map(({ id }) => id) }, due_at: { $lte: now }, ...OPEN_CALLBACK })
        .sort({ due_at: 1 })
        .limit(limit)
        .select({ _id: 1 })
        .lean<Pick<UploadCallbackDocument, '_id'>[]>()
        .exec(),
    );
    return found.map(({ _id }) => _id);
  }

  /** One write, so that of several processes one has it. */
  private async claim(callbackId: string, now: Date, until: Date): Promise<UploadCallback | undefined> {
    const claimed = await onStore(() =>
      this.callbacks
        .findOneAndUpdate(
          { _id: callbackId, due_at: { $lte: now }, ...OPEN_CALLBACK },
          { $set: { due_at: until } },
          { returnDocument: 'after' },
        )
        .lean<UploadCallbackDocument>()
        .exec(),
    );
    return claimed === null ? undefined : toUploadCallback(claimed);
  }
}

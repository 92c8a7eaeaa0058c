import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { DuplicateError, ReplayRepository } from '@tollgate/domain';
import { Model } from 'mongoose';
import { ReplayClaimDocument } from './schemas/replay-claim.schema';
import { onStore } from './store-errors';

/** Claims in the collection `replay_claims`. */
@Injectable()
export class MongoReplayRepository extends ReplayRepository {
  constructor(@InjectModel(ReplayClaimDocument.name) private readonly claims: Model<ReplayClaimDocument>) {
    super();
  }

  /**
   * One upsert that only finds a claim whose time has passed: a free key is inserted, an expired one taken over, and a
   * held one is not found, so that the insert fails on its `_id`.
   */
  override async claim(key: Buffer, now: Date, expiresAt: Date): Promise<boolean> {
    try {
      await onStore(() =>
        this.claims.updateOne(
          { _id: key, expires_at: { $lte: now } },
          { $set: { expires_at: expiresAt } },
          { upsert: true },
        ),
      );
      return true;
    } catch (error) {
      if (error instanceof DuplicateError) return false;
      throw error;
    }
  }

  override async release(key: Buffer): Promise<void> {
    await onStore(() => this.claims.deleteOne({ _id: key }));
  }

  /** The TTL index does the same once a minute; this is for whoever wants it done at an instant of theirs. */
  override async purge(now: Date, limit: number): Promise<number> {
    const due = { expires_at: { $lte: now } };
    const found = await onStore(() =>
      this.claims.find(due).limit(limit).select({ _id: 1 }).lean<Pick<ReplayClaimDocument, '_id'>[]>().exec(),
    );
    if (found.length === 0) return 0;
    const ids = found.map((document) => document._id);
    const { deletedCount } = await onStore(() => this.claims.deleteMany({ _id: { $in: ids }, ...due }));
    return deletedCount;
  }
}

import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { DuplicateError, type UploadedFile } from '@tollgate/domain';
import { Model } from 'mongoose';
import { type QuotaClaimDocument, UploadQuotaDocument } from '../schemas/upload-quota.schema';
import { UploadedFileDocument } from '../schemas/uploaded-file.schema';
import { onStore } from '../store-errors';

/**
 * Admits files to their accounts' quotas, exactly and without transactions.
 *
 * An account's files are its stored ones, which are summed up anew each time, and the claims of those on their way. A claim
 * is added to the account's document on the condition that nobody added one since it was read. It counts for as long
 * as its file is `prepared`, and means nothing before or after; so nobody has to take it back, and none outlives a crash.
 */
@Injectable()
export class UploadQuotas {
  constructor(
    @InjectModel(UploadQuotaDocument.name) private readonly quotas: Model<UploadQuotaDocument>,
    @InjectModel(UploadedFileDocument.name) private readonly files: Model<UploadedFileDocument>,
  ) {}

  /**
   * Claims room for a file that has been prepared.
   * @param quotaBytes most bytes of all files of its account
   * @returns false when there is not enough
   */
  async claim({ id, accountId, size }: UploadedFile, quotaBytes: number): Promise<boolean> {
    for (;;) {
      const { version, claims } = await this.findOrCreate(accountId);
      const others = await this.countingAmong(claims.filter(({ file_id: fileId }) => fileId !== id));
      const stored = await this.storedBytes(accountId, others);
      const claimed = others.reduce((sum, { bytes }) => sum + bytes, 0);
      if (stored + claimed + size > quotaBytes) return false;
      const { matchedCount } = await onStore(() =>
        this.quotas.updateOne(
          { _id: accountId, version },
          { $set: { version: version + 1, claims: [...others, { file_id: id, bytes: size }] } },
        ),
      );
      if (matchedCount === 1) return true;
    }
  }

  /** Bytes of all stored files of an account. */
  async usedBytes(accountId: string): Promise<number> {
    return this.storedBytes(accountId, []);
  }

  private async findOrCreate(accountId: string): Promise<UploadQuotaDocument> {
    for (;;) {
      const found = await onStore(() => this.quotas.findById(accountId).lean<UploadQuotaDocument>().exec());
      if (found !== null) return found;
      try {
        await onStore(() => this.quotas.create({ _id: accountId, version: 0, claims: [] }));
      } catch (error) {
        // Somebody else was first.
        if (!(error instanceof DuplicateError)) throw error;
      }
    }
  }

  private async countingAmong(claims: readonly QuotaClaimDocument[]): Promise<readonly QuotaClaimDocument[]> {
    if (claims.length === 0) return [];
    const prepared = await onStore(() =>
      this.files
        .find({ _id: { $in: claims.map(({ file_id: fileId }) => fileId) }, state: 'prepared' })
        .select({ _id: 1 })
        .lean<Pick<UploadedFileDocument, '_id'>[]>()
        .exec(),
    );
    const ids = new Set(prepared.map(({ _id }) => _id));
    return claims.filter(({ file_id: fileId }) => ids.has(fileId));
  }

  /** @param except claims that are counted by themselves, though their files may be stored by now */
  private async storedBytes(accountId: string, except: readonly QuotaClaimDocument[]): Promise<number> {
    const ids = except.map(({ file_id: fileId }) => fileId);
    const [sum] = await onStore(() =>
      this.files
        .aggregate<{ readonly bytes: number }>([
          {
            $match: { account_id: accountId, state: 'stored', ...(ids.length === 0 ? {} : { _id: { $nin: ids } }) },
          },
          { $group: { _id: null, bytes: { $sum: '$size' } } },
        ])
        .exec(),
    );
    return sum?.bytes ?? 0;
  }
}

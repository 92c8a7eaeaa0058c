import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { DuplicateError, TollgateError, type UploadCommit, type UploadCommitOutcome } from '@tollgate/domain';
import { Model } from 'mongoose';
import { AuditOutbox } from '../audit-outbox';
import { toAuditDocument } from '../schemas/audit-record.schema';
import { NO_END, toEndDocument, UploadTokenDocument } from '../schemas/upload-token.schema';
import { onStore } from '../store-errors';
import { UploadAccounts } from './upload-accounts';
import { UploadPreparations } from './upload-preparations';
import { UploadQuotas } from './upload-quotas';

/** How the commit of an upload comes about without transactions; see {@link UploadPreparations} and {@link UploadQuotas}. */
@Injectable()
export class UploadCommits {
  constructor(
    @InjectModel(UploadTokenDocument.name) private readonly tokens: Model<UploadTokenDocument>,
    private readonly accounts: UploadAccounts,
    private readonly preparations: UploadPreparations,
    private readonly quotas: UploadQuotas,
    private readonly outbox: AuditOutbox,
  ) {}

  /**
   * The account's status is read right before the write that decides. A suspension between the two comes too late for this
   * upload, unless it has revoked the account's tokens, as it does with its next step.
   * @throws TollgateError `unavailable`; if the server went away while it decided and stayed away, the upload may be stored
   * all the same
   */
  async commit(tokenId: string, purgeAt: Date, commit: UploadCommit): Promise<UploadCommitOutcome> {
    const { file, callback, quotaBytes } = commit;
    if (await this.hasEnded(tokenId, file.accountId)) return 'ended';
    try {
      await this.preparations.prepare(file, callback, tokenId);
    } catch (error) {
      if (error instanceof DuplicateError && (await this.hasEnded(tokenId, file.accountId))) return 'ended';
      throw error;
    }
    const hasRoom = quotaBytes === undefined || (await this.quotas.claim(file, quotaBytes));
    const isActive = (await this.accounts.findStatus(file.accountId)) === 'active';
    if (!isActive || !hasRoom) {
      await this.preparations.withdraw(file.id);
      return isActive ? 'quota' : 'suspended';
    }
    const decided = await this.decide(tokenId, purgeAt, commit);
    if (decided === undefined) return this.tooLate(tokenId, commit);
    // Shows the file and its callback; if that fails, whoever reads files does it before.
    await this.outbox.relay('upload_tokens', decided);
    return 'stored';
  }

  private async decide(
    tokenId: string,
    purgeAt: Date,
    { file, audit }: UploadCommit,
  ): Promise<UploadTokenDocument | undefined> {
    const end = toEndDocument({ reason: 'stored', at: file.createdAt, fileId: file.id });
    try {
      const decided = await onStore(() =>
        this.tokens
          .findOneAndUpdate(
            { _id: tokenId, account_id: file.accountId, ...NO_END, given_up: { $ne: file.id } },
            {
              $set: { end, purge_at: purgeAt, ttl_at: purgeAt, audit_pending: true },
              $push: { pending_audit: toAuditDocument(audit) },
            },
            { returnDocument: 'after' },
          )
          .lean<UploadTokenDocument>()
          .exec(),
      );
      return decided ?? undefined;
    } catch (error) {
      return this.findDecided(tokenId, file.id, error);
    }
  }

  /**
   * After a decision whose answer was lost.
   * @throws that error when it was not made; then it will not be any more
   */
  private async findDecided(tokenId: string, fileId: string, error: unknown): Promise<UploadTokenDocument> {
    // The write may still be on its way to the server.
    await this.preparations.excludeFromEnd(tokenId, fileId).catch(() => undefined);
    const token = await onStore(() =>
      this.tokens.findOne({ _id: tokenId, 'end.file_id': fileId }).lean<UploadTokenDocument>().exec(),
    ).catch(() => null);
    if (token === null) throw error;
    return token;
  }

  private async tooLate(tokenId: string, { file }: UploadCommit): Promise<'ended'> {
    if (await this.hasEnded(tokenId, file.accountId)) {
      await this.preparations.settle({ _id: file.id });
      return 'ended';
    }
    throw new TollgateError('unavailable', 'the upload took too long to be stored');
  }

  private async hasEnded(tokenId: string, accountId: string): Promise<boolean> {
    const open = await onStore(() => this.tokens.exists({ _id: tokenId, account_id: accountId, ...NO_END }));
    return open === null;
  }
}

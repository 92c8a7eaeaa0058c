import { Injectable, Logger } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { DuplicateError, TollgateError, type UploadCallback, type UploadedFile } from '@tollgate/domain';
import { Model, type QueryFilter } from 'mongoose';
import { toPreparedCallbackDocument, UploadCallbackDocument } from '../schemas/upload-callback.schema';
import { NO_END, UploadTokenDocument } from '../schemas/upload-token.schema';
import { toPreparedFileDocument, UploadedFileDocument } from '../schemas/uploaded-file.schema';
import { onStore } from '../store-errors';

/** After this long without a decision a prepared file is taken for one whose process died, in milliseconds. */
export const PREPARATION_TIMEOUT_MS = 300_000;

/** Prepared files that one sweep reads; more wait for the next. */
const SWEEP_LIMIT = 1_000;

export type PreparedFile = Required<Pick<UploadedFileDocument, '_id' | 'prepared'>>;
type TokenEnd = Pick<UploadTokenDocument, '_id' | 'end'>;

/**
 * Files on their way: kept where nobody sees them before it is decided that they are stored, and shown after.
 *
 * 1. _Prepare._ The file and its callback are inserted as `prepared`.
 * 2. _Decide._ One write to the token's document makes the file its end, or is too late. That is the commit.
 * 3. _Reveal_ or _withdraw_. The prepared documents are changed or removed, which does nothing where that was done before.
 *
 * A crash between any two leaves a prepared file, which {@link sweep} of any process deals with by the token's end, and
 * which every reader of files deals with first ({@link settle}). See docs/adr/0010-commits-on-mongodb.md.
 */
@Injectable()
export class UploadPreparations {
  private readonly logger = new Logger(UploadPreparations.name);

  constructor(
    @InjectModel(UploadedFileDocument.name) private readonly files: Model<UploadedFileDocument>,
    @InjectModel(UploadCallbackDocument.name) private readonly callbacks: Model<UploadCallbackDocument>,
    @InjectModel(UploadTokenDocument.name) private readonly tokens: Model<UploadTokenDocument>,
  ) {}

  /**
   * @param tokenId whose end will decide; absent where the file's own next write does
   * @throws DuplicateError with field `id` when there is such a file, unless a commit of the same broke off
   */
  async prepare(file: UploadedFile, callback: UploadCallback | undefined, tokenId: string | undefined): Promise<void> {
    const document = toPreparedFileDocument(file, {
      // Of this machine and not of the domain: it measures a process, and decides nothing but when that is given up.
      at: new Date(),
      ...(tokenId === undefined ? {} : { token_id: tokenId }),
      ...(callback === undefined ? {} : { callback_id: callback.id }),
    });
    // The file first: a callback without one would be found by nobody.
    await this.insertOnce(
      () => this.files.create(document),
      () => this.files.exists(tokenId === undefined ? NOTHING : { _id: file.id, 'prepared.token_id': tokenId }),
    );
    if (callback === undefined) return;
    await this.insertOnce(
      () => this.callbacks.create(toPreparedCallbackDocument(callback)),
      () => this.callbacks.exists({ _id: callback.id, file_id: file.id, is_prepared: true }),
    );
  }

  /** Shows a file, whose token has ended with it, and its callback. */
  async reveal(fileId: string): Promise<void> {
    const file = await this.findPrepared(fileId);
    if (file === undefined) return;
    // First, because a file that is not prepared any more is looked at by nobody for its callback.
    await this.revealCallback(file);
    await onStore(() =>
      this.files.updateOne({ _id: fileId, state: 'prepared' }, { $set: { state: 'stored' }, $unset: { prepared: 1 } }),
    );
  }

  /** What is left to do after the write that stored a file without a token. */
  async finishInsert({ _id: fileId, prepared }: PreparedFile): Promise<void> {
    await this.revealCallback({ prepared });
    await onStore(() => this.files.updateOne({ _id: fileId, state: { $ne: 'prepared' } }, { $unset: { prepared: 1 } }));
  }

  /** Removes a prepared file and its callback. Only once it can't become the end of its token, or by whoever prepared it. */
  async withdraw(fileId: string): Promise<void> {
    const file = await this.findPrepared(fileId);
    if (file === undefined) return;
    const callbackId = file.prepared.callback_id;
    if (callbackId !== undefined) {
      await onStore(() => this.callbacks.deleteOne({ _id: callbackId, is_prepared: true }));
    }
    await onStore(() => this.files.deleteOne({ _id: fileId, state: 'prepared' }));
  }

  /**
   * Deals with prepared files whose token has its end. Whoever reads files does this first, so that a file is there from
   * the moment on in which it was decided, whatever became of the process that decided it.
   * @param wanted which ones
   */
  async settle(wanted: QueryFilter<UploadedFileDocument>): Promise<void> {
    const files = await onStore(() =>
      this.files
        .find({ ...wanted, ...PREPARED })
        .select({ prepared: 1 })
        .lean<PreparedFile[]>()
        .exec(),
    );
    const ends = await this.findEnds(files);
    for (const file of files) await this.settleOne(file, ends);
  }

  /**
   * Deals with what crashes left, of any process, and gives up files that are waiting for too long.
   * @returns how many it dealt with
   * @throws TollgateError `unavailable`
   */
  async sweep(): Promise<number> {
    const files = await onStore(() =>
      this.files
        .find(PREPARED)
        .sort({ 'prepared.at': 1 })
        .limit(SWEEP_LIMIT)
        .select({ prepared: 1 })
        .lean<PreparedFile[]>()
        .exec(),
    );
    const ends = await this.findEnds(files);
    const overdue = Date.now() - PREPARATION_TIMEOUT_MS;
    let settled = 0;
    for (const file of files) {
      try {
        if (await this.settleOne(file, ends)) settled += 1;
        else if (file.prepared.at.getTime() <= overdue && (await this.giveUp(file))) settled += 1;
      } catch (error) {
        if (error instanceof TollgateError) throw error;
        // One file that can't be dealt with must not hold up the others.
        this.logger.error(`file ${file._id} can't be settled`, error instanceof Error ? error.stack : undefined);
      }
    }
    return settled;
  }

  /** Makes sure that a token that has no end will not end with this file. @returns false when it has an end, or is gone */
  async excludeFromEnd(tokenId: string, fileId: string): Promise<boolean> {
    const { matchedCount } = await onStore(() =>
      this.tokens.updateOne({ _id: tokenId, ...NO_END }, { $addToSet: { given_up: fileId } }),
    );
    return matchedCount === 1;
  }

  /** @returns false when it has just been decided: the next one to look sees how */
  private async giveUp({ _id: fileId, prepared }: PreparedFile): Promise<boolean> {
    const { token_id: tokenId } = prepared;
    const isUndecided =
      tokenId === undefined ? await this.excludeFromInsert(fileId) : await this.excludeFromEnd(tokenId, fileId);
    if (isUndecided) await this.withdraw(fileId);
    return isUndecided;
  }

  /** Leaves the decision to a token that does not exist; a process that wakes up late finds that it has none any more. */
  private async excludeFromInsert(fileId: string): Promise<boolean> {
    const { matchedCount } = await onStore(() =>
      this.files.updateOne({ _id: fileId, ...UNDECIDED_INSERT }, { $set: { 'prepared.token_id': '' } }),
    );
    return matchedCount === 1;
  }

  private async settleOne(
    { _id: fileId, prepared }: PreparedFile,
    ends: ReadonlyMap<string, TokenEnd>,
  ): Promise<boolean> {
    const { token_id: tokenId } = prepared;
    if (tokenId === undefined) return false;
    const token = ends.get(tokenId);
    if (token !== undefined && token.end === undefined) return false;
    await (token?.end?.file_id === fileId ? this.reveal(fileId) : this.withdraw(fileId));
    return true;
  }

  private async revealCallback({ prepared }: Pick<PreparedFile, 'prepared'>): Promise<void> {
    const { callback_id: callbackId } = prepared;
    if (callbackId === undefined) return;
    await onStore(() =>
      this.callbacks.updateOne({ _id: callbackId, is_prepared: true }, { $unset: { is_prepared: 1 } }),
    );
  }

  private async findEnds(files: readonly PreparedFile[]): Promise<ReadonlyMap<string, TokenEnd>> {
    const ids = new Set(files.flatMap(({ prepared }) => prepared.token_id ?? []));
    if (ids.size === 0) return new Map();
    const tokens = await onStore(() =>
      this.tokens
        .find({ _id: { $in: [...ids] } })
        .select({ end: 1 })
        .lean<TokenEnd[]>()
        .exec(),
    );
    return new Map(tokens.map((token) => [token._id, token]));
  }

  private async findPrepared(fileId: string): Promise<PreparedFile | undefined> {
    const file = await onStore(() =>
      this.files.findOne({ _id: fileId, state: 'prepared' }).select({ prepared: 1 }).lean<PreparedFile>().exec(),
    );
    return file ?? undefined;
  }

  private async insertOnce(insert: () => Promise<unknown>, isThere: () => Promise<unknown>): Promise<void> {
    try {
      await onStore(insert);
    } catch (error) {
      if (!(error instanceof DuplicateError) || (await onStore(isThere)) === null) throw error;
    }
  }
}

/** Matches a file without a token that is not stored yet: the write that changes this decides. */
export const UNDECIDED_INSERT = { state: 'prepared', 'prepared.token_id': { $exists: false } } as const;

/** By the sparse index on `prepared.at`. */
const PREPARED = { state: 'prepared', 'prepared.at': { $exists: true } } as const;
const NOTHING = { _id: { $in: [] as string[] } };

import { Injectable } from '@nestjs/common';
import {
  Clock,
  TollgateError,
  UPLOAD_ADMIN,
  type UploadToken,
  UploadTokenRepository,
  type UploadedFile,
  UploadedFileRepository,
} from '@tollgate/domain';
import { FileGoneError, type PartialUpload, PartialUploads } from '@tollgate/file-storage';
import type { Caller } from '../../http/caller';
import { UploadTokenVerifier } from '../../upload-tokens/upload-token-verifier.service';
import { UploadAdmissions } from '../upload-admissions.service';
import type { UploadGrant } from '../upload-grant';
import { UploadError } from '../upload-error';
import { UPLOAD_HOLD_MS } from '../upload-policy';
import { ContentDigests } from './content-digests';
import { ResumeWindow } from './resume-window';
import { type UploadNote, formatNote, parseNote } from './upload-note';

const UPLOAD_ID = /^[A-Za-z0-9_]{1,64}$/;

/** An upload that a client asks for. */
export interface WantedUpload {
  /** Of the file that it will be. */
  readonly id: string;
  /** `undefined` where uploads need none. */
  readonly token: UploadToken | undefined;
  /** In bytes. */
  readonly size: number;
  readonly metadata: UploadNote['metadata'];
  readonly idempotencyKey: string | undefined;
  readonly caller: Caller;
}

/** An upload that may go on. */
export interface OpenUpload {
  readonly grant: UploadGrant;
  readonly note: UploadNote;
  readonly caller: Caller;
  /** Whether its client is known to have its address; the answer that brings it may be lost. */
  readonly isNamed: boolean;
}

/** What a request for an upload finds: the upload, or the file that it has become. */
export type FoundUpload =
  { readonly stored: UploadedFile } | { readonly open: OpenUpload; readonly partial: PartialUpload };

/** The life of resumable uploads between their requests: begun, found again by whoever shows their token, and given up. */
@Injectable()
export class ResumableUploads {
  constructor(
    private readonly partials: PartialUploads,
    private readonly files: UploadedFileRepository,
    private readonly tokens: UploadTokenRepository,
    private readonly verifier: UploadTokenVerifier,
    private readonly admissions: UploadAdmissions,
    private readonly digests: ContentDigests,
    private readonly window: ResumeWindow,
    private readonly clock: Clock,
  ) {}

  /**
   * Begins an upload. Its token is held for seconds only, until a request names the upload: the client that lost the answer
   * does not know its address, and has to begin another.
   * @throws UploadError; nothing has begun then, and the token works as before
   */
  async begin({ id, token, size, metadata, idempotencyKey, caller }: WantedUpload): Promise<OpenUpload> {
    const grant = await this.admissions.reserve(token, id, UPLOAD_HOLD_MS, size);
    const note: UploadNote = {
      accountId: grant.accountId,
      ...(token === undefined ? {} : { tokenId: token.id }),
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      createdAt: this.clock.now(),
      metadata,
    };
    const upload: OpenUpload = { grant, note, caller, isNamed: false };
    try {
      await this.partials.create(id, size, formatNote(note));
      return upload;
    } catch (error) {
      await this.terminate(upload).catch(() => undefined);
      throw error;
    }
  }

  /**
   * Whether there is such an upload for whoever shows this token; the address of an upload alone opens nothing.
   * @throws TollgateError `not_found`; UploadError as the token tells
   */
  async assertOwn(uploadId: string, token: UploadToken | undefined): Promise<void> {
    if (!UPLOAD_ID.test(uploadId)) throw uploadNotFound();
    // In this order: it may become a file between the two looks.
    if ((await this.find(uploadId)) === undefined && (await this.findStored(uploadId, token)) !== undefined) return;
    await this.findPartial(uploadId, token);
  }

  /**
   * Finds an upload in the request's turn, and has it wait for its next piece from now on.
   * @throws TollgateError `not_found`; UploadError UPLOAD_EXPIRED, and as the token tells
   */
  async resume(uploadId: string, token: UploadToken | undefined, caller: Caller): Promise<FoundUpload> {
    const stored = await this.findStored(uploadId, token);
    if (stored !== undefined) return { stored };
    const { partial, note } = await this.findPartial(uploadId, token);
    const open: OpenUpload = { grant: this.admissions.grantOf(token, uploadId), note, caller, isNamed: true };
    await this.renew(open, 0);
    await this.partials.touch(uploadId);
    return { open, partial };
  }

  /**
   * Says that an upload goes on; its token is held the longer.
   * @param receivedBytes since the last time
   * @throws UploadError when it must not go on; nothing is removed
   */
  async keepAlive({ grant, note, isNamed }: OpenUpload, receivedBytes: number): Promise<void> {
    const leftMs = this.leftMs(note);
    if (leftMs <= 0) throw new UploadError('UPLOAD_EXPIRED', 'the upload has taken longer than it may');
    await this.admissions.renew(grant, receivedBytes, isNamed ? leftMs : UPLOAD_HOLD_MS);
  }

  /** {@link keepAlive}, in the upload's turn: one that must not go on is removed. @throws UploadError */
  async renew(upload: OpenUpload, receivedBytes: number): Promise<void> {
    try {
      await this.keepAlive(upload, receivedBytes);
    } catch (error) {
      if (!(error instanceof UploadError)) throw error;
      await this.terminate(upload, receivedBytes);
      const hasLapsed = error.uploadCode === 'TOKEN_ALREADY_USED' && !(await this.hasEnd(upload.grant));
      throw hasLapsed ? new UploadError('UPLOAD_EXPIRED', 'the upload was interrupted for too long') : error;
    }
  }

  /** Milliseconds that an upload waits for its next piece; 0 or less when its time is over. */
  leftMs({ createdAt }: UploadNote): number {
    return this.window.leftMs(createdAt, this.clock.nowMs());
  }

  /**
   * An upload is given up: its token works again.
   * @param receivedBytes since it was last renewed
   */
  async terminate({ grant }: OpenUpload, receivedBytes = 0): Promise<void> {
    try {
      await this.remove(grant);
    } finally {
      await this.admissions.release(grant, receivedBytes);
    }
  }

  /** Whether an upload is a file by now can not be told: what there is of it stays, and unless it is one its token works again. */
  async leave({ grant }: OpenUpload, receivedBytes: number): Promise<void> {
    await this.admissions.release(grant, receivedBytes);
  }

  /** An upload is refused for what its client sent: its token has had its use. */
  async refuse({ grant, caller }: OpenUpload, error: UploadError): Promise<void> {
    await this.admissions.refuse(grant, error, caller);
    await this.remove(grant);
  }

  /** Removes what there is of an upload, unless that is a file's by now: another process may have been faster. */
  private async remove({ fileId, accountId }: UploadGrant): Promise<void> {
    this.digests.forget(fileId);
    if ((await this.files.findById(accountId, fileId)) !== undefined) return;
    await this.partials.remove(fileId);
  }

  private async findStored(uploadId: string, token: UploadToken | undefined): Promise<UploadedFile | undefined> {
    const file = await this.files.findById(token?.accountId ?? UPLOAD_ADMIN, uploadId);
    return file?.tokenId === token?.id ? file : undefined;
  }

  private async findPartial(
    uploadId: string,
    token: UploadToken | undefined,
  ): Promise<{ readonly partial: PartialUpload; readonly note: UploadNote }> {
    const partial = await this.find(uploadId);
    const note = partial === undefined ? undefined : parseNote(partial.note);
    if (partial !== undefined && note !== undefined && note.tokenId === token?.id) return { partial, note };
    // What is known of the token says more than that there is nothing; another upload may hold it.
    if (partial === undefined && token !== undefined) {
      this.verifier.assertOpen(token);
      await this.admissions.release(this.admissions.grantOf(token, uploadId), 0);
    }
    throw uploadNotFound();
  }

  private async find(uploadId: string): Promise<PartialUpload | undefined> {
    try {
      return await this.partials.find(uploadId);
    } catch (error) {
      if (error instanceof FileGoneError) return undefined;
      throw error;
    }
  }

  private async hasEnd({ token }: UploadGrant): Promise<boolean> {
    if (token === undefined) return false;
    const found = await this.tokens.findCredentialByHash(token.hash);
    return found?.token.end !== undefined;
  }
}

/** For an upload that is not there, or another token's. */
export function uploadNotFound(): TollgateError {
  return new TollgateError('not_found', 'upload not found');
}

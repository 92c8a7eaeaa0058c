import { Injectable } from '@nestjs/common';
import {
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
import { UploadAdmissions, type UploadGrant } from '../upload-admissions.service';
import { UploadError } from '../upload-error';
import { UploadPolicy } from '../upload-policy';
import { ContentDigests } from './content-digests';
import { type UploadNote, formatNote, parseNote } from './upload-note';

const UPLOAD_ID = /^[A-Za-z0-9_]{1,64}$/;

/** How long a resumable upload waits for its next piece, and holds its token meanwhile; a class, to be injected. */
export class ResumeWindow {
  constructor(readonly ms: number) {}
}

/** An upload that may go on. */
export interface OpenUpload {
  readonly grant: UploadGrant;
  readonly note: UploadNote;
  readonly caller: Caller;
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
    private readonly policy: UploadPolicy,
    private readonly digests: ContentDigests,
    private readonly window: ResumeWindow,
  ) {}

  /** Begins an upload that was admitted; where that fails, its token works again. */
  async begin(
    grant: UploadGrant,
    size: number,
    metadata: UploadNote['metadata'],
    idempotencyKey: string | undefined,
    caller: Caller,
  ): Promise<OpenUpload> {
    const { fileId, accountId, token } = grant;
    const note: UploadNote = {
      accountId,
      ...(token === undefined ? {} : { tokenId: token.id }),
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      metadata,
    };
    try {
      await this.partials.create(fileId, size, formatNote(note));
    } catch (error) {
      await this.admissions.release(grant, 0);
      throw error;
    }
    return { grant, note, caller };
  }

  /** The token that a request shows; `undefined` where uploads need none. @throws UploadError */
  async authenticate(value: string | undefined, caller: Caller): Promise<UploadToken | undefined> {
    if (!this.policy.requiresToken && (value === undefined || value === '')) return undefined;
    return this.verifier.find(value, caller);
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
    const open: OpenUpload = { grant: this.grantOf(uploadId, token), note, caller };
    await this.renew(open, 0);
    await this.partials.touch(uploadId);
    return { open, partial };
  }

  /** Keeps an upload, or removes it when it must not go on. @throws UploadError */
  async renew({ grant }: OpenUpload, receivedBytes: number): Promise<void> {
    try {
      await this.admissions.renew(grant, receivedBytes, this.window.ms);
    } catch (error) {
      if (!(error instanceof UploadError)) throw error;
      await this.remove(grant.fileId);
      const hasLapsed = error.uploadCode === 'TOKEN_ALREADY_USED' && !(await this.hasEnd(grant));
      throw hasLapsed ? new UploadError('UPLOAD_EXPIRED', 'the upload was interrupted for too long') : error;
    }
  }

  /** The client gives an upload up: its token works again. */
  async terminate({ grant }: OpenUpload): Promise<void> {
    await this.remove(grant.fileId);
    await this.admissions.release(grant, 0);
  }

  /** An upload is refused for what its client sent. */
  async refuse({ grant, caller }: OpenUpload, error: UploadError): Promise<void> {
    await this.admissions.refuse(grant, error, caller);
    await this.remove(grant.fileId);
  }

  async remove(uploadId: string): Promise<void> {
    this.digests.forget(uploadId);
    await this.partials.remove(uploadId);
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
      await this.admissions.release(this.grantOf(uploadId, token), 0);
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

  private grantOf(fileId: string, token: UploadToken | undefined): UploadGrant {
    const accountId = token?.accountId ?? UPLOAD_ADMIN;
    return { fileId, accountId, token, holder: fileId, maxBytes: this.policy.maxBytes(token) };
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

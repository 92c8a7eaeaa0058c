import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import {
  Clock,
  UPLOAD_ADMIN,
  type UploadCallback,
  type UploadCommit,
  UploadReservations,
  type UploadToken,
  UploadTokenRepository,
  type UploadedFile,
  UploadedFileRepository,
  newFileId,
  newUploadCallbackId,
  uploadTokenPurgeAt,
} from '@tollgate/domain';
import { AuditTrail } from '../audit/audit-trail.service';
import type { Caller } from '../http/caller';
import { UploadTokenVerifier, invalidToken, spentToken } from '../upload-tokens/upload-token-verifier.service';
import { UploadCallbacks } from './callbacks/upload-callbacks.service';
import { uploadView } from './upload-view';
import { UploadError } from './upload-error';
import { quotaExceeded, tooLarge } from './upload-refusals';
import { UploadPolicy } from './upload-policy';

/** An upload that may proceed. */
export interface UploadGrant {
  /** Of the file that will be. */
  readonly fileId: string;
  readonly accountId: string;
  /** `undefined` where uploads need none. */
  readonly token: UploadToken | undefined;
  /** See `UploadReservations`. */
  readonly holder: string;
  /** Largest file, in bytes. */
  readonly maxBytes: number;
}

/** What was asked for was done before: the client lost the answer. */
export interface RepeatedUpload {
  readonly repeated: UploadedFile;
}

/** The content of a finished upload, on stable storage but visible to nobody. */
export type UploadContent = Pick<UploadedFile, 'storageKey' | 'name' | 'size' | 'type' | 'sha256'>;

/**
 * The life of a token's one upload: admitted, kept alive, and in the end committed, released or refused. Each upload goes
 * through exactly one of the three last.
 */
@Injectable()
export class UploadAdmissions {
  constructor(
    private readonly verifier: UploadTokenVerifier,
    private readonly tokens: UploadTokenRepository,
    private readonly files: UploadedFileRepository,
    private readonly reservations: UploadReservations,
    private readonly policy: UploadPolicy,
    private readonly callbacks: UploadCallbacks,
    private readonly audit: AuditTrail,
    private readonly clock: Clock,
  ) {}

  /**
   * Takes a token for one upload.
   * @param value of the token, as presented
   * @param idempotencyKey names the upload: the one that is finished is then told again
   * @param holdMs how long it holds the token without {@link renew}
   * @param leastBytes that the file has, if what the client announces is true: one that is sure to be refused for its size
   * costs the token nothing
   * @throws UploadError by the contract's codes
   */
  async admit(
    value: string | undefined,
    idempotencyKey: string | undefined,
    holdMs: number,
    caller: Caller,
    leastBytes = 0,
  ): Promise<UploadGrant | RepeatedUpload> {
    const fileId = newFileId();
    if (!this.policy.requiresToken && (value === undefined || value === '')) {
      await this.assertFits(undefined, leastBytes);
      return {
        fileId,
        accountId: UPLOAD_ADMIN,
        token: undefined,
        holder: fileId,
        maxBytes: this.policy.maxBytes(undefined),
      };
    }
    const token = await this.verifier.find(value, caller);
    const repeated = idempotencyKey === undefined ? undefined : await this.findRepeated(token, idempotencyKey);
    if (repeated !== undefined) return { repeated };
    this.verifier.assertOpen(token);
    await this.assertFits(token, leastBytes);
    const bounds = this.policy.reservationBounds(token, holdMs);
    const outcome = await this.reservations.reserve(token, fileId, this.clock.now(), bounds);
    if (outcome.kind === 'held') throw this.verifier.heldUntil(outcome.until);
    if (outcome.kind === 'spent') throw spentToken();
    const grant = { fileId, accountId: token.accountId, token, holder: fileId, maxBytes: this.policy.maxBytes(token) };
    // Whoever held it before may have finished between the look at the token and the reservation.
    const error = await this.findEnd(grant);
    if (error === undefined) return grant;
    await this.release(grant, 0);
    throw error;
  }

  /**
   * Keeps an upload's token for `holdMs` more.
   * @param receivedBytes since the last time
   * @throws UploadError when the upload must not go on: its token was revoked, or is another's by now
   */
  async renew(grant: UploadGrant, receivedBytes: number, holdMs: number): Promise<void> {
    const { token, holder } = grant;
    if (token === undefined) return;
    const error = await this.findEnd(grant);
    if (error !== undefined) throw error;
    if (!(await this.reservations.renew(token, holder, receivedBytes, this.clock.now(), holdMs))) {
      throw new UploadError(
        'TOKEN_ALREADY_USED',
        'the upload was interrupted for too long, and its token is in use again',
      );
    }
  }

  /**
   * After an upload that failed and is not to blame for it: the token works again while it has attempts left.
   * @param receivedBytes since the last {@link renew}
   */
  async release({ token, holder }: UploadGrant, receivedBytes: number): Promise<void> {
    if (token !== undefined) await this.reservations.release(token, holder, receivedBytes);
  }

  /** After an upload that was refused for what the client sent: its token has had its use. */
  async refuse({ token, fileId }: UploadGrant, error: UploadError, caller: Caller): Promise<void> {
    if (token === undefined) return;
    const audit = this.audit.describe({
      action: 'upload_file',
      accountId: token.accountId,
      resourceId: token.id,
      caller,
      data: { file_id: fileId, code: error.uploadCode },
      errorMessage: error.message,
    });
    const now = this.clock.now();
    await this.tokens.refuse(token.accountId, token.id, now, uploadTokenPurgeAt(now), audit);
  }

  /**
   * Makes a stored content a file: the moment at which the upload has happened.
   * @throws UploadError when it must not: nothing has changed then, and the content is to be removed
   */
  async commit(
    grant: UploadGrant,
    content: UploadContent,
    idempotencyKey: string | undefined,
    caller: Caller,
  ): Promise<UploadedFile> {
    const { token } = grant;
    const commit = this.describeCommit(grant, content, idempotencyKey, caller);
    const { file } = commit;
    const outcome =
      token === undefined
        ? await this.files.insert(commit)
        : await this.tokens.commit(token.id, uploadTokenPurgeAt(file.createdAt), commit);
    switch (outcome) {
      case 'stored':
        if (commit.callback !== undefined) this.callbacks.poke();
        return file;
      case 'quota':
        throw quotaExceeded();
      case 'ended':
        throw (await this.findEnd(grant)) ?? invalidToken();
      case 'suspended':
        throw invalidToken();
    }
  }

  /** What the commit would refuse is refused before anything is sent. */
  private async assertFits(token: UploadToken | undefined, leastBytes: number): Promise<void> {
    const maxBytes = this.policy.maxBytes(token);
    if (leastBytes > maxBytes) throw tooLarge(maxBytes);
    const { quotaBytes } = this.policy;
    if (quotaBytes === undefined) return;
    const used = await this.files.usedBytes(token?.accountId ?? UPLOAD_ADMIN);
    if (used + Math.max(1, leastBytes) > quotaBytes) throw quotaExceeded();
  }

  private describeCommit(
    { fileId, accountId, token }: UploadGrant,
    content: UploadContent,
    idempotencyKey: string | undefined,
    caller: Caller,
  ): UploadCommit {
    const { ownerLabel } = token?.options ?? {};
    const file: UploadedFile = {
      id: fileId,
      accountId,
      ...(token === undefined ? {} : { tokenId: token.id }),
      ...content,
      ...(ownerLabel === undefined ? {} : { ownerLabel }),
      ...(token?.iuid === undefined ? {} : { iuid: token.iuid }),
      ...(idempotencyKey === undefined ? {} : { idempotencyHash: hashOf(idempotencyKey) }),
      createdAt: this.clock.now(),
    };
    const audit = this.audit.describe({
      action: 'upload_file',
      accountId,
      resourceId: fileId,
      caller,
      data: {
        size: file.size,
        type: file.type,
        sha256: file.sha256,
        ...(token === undefined ? {} : { token_id: token.id }),
      },
    });
    const callback = token === undefined ? undefined : callbackFor(file, token);
    return {
      file,
      audit,
      ...(callback === undefined ? {} : { callback }),
      ...(this.policy.quotaBytes === undefined ? {} : { quotaBytes: this.policy.quotaBytes }),
    };
  }

  private async findRepeated(token: UploadToken, idempotencyKey: string): Promise<UploadedFile | undefined> {
    if (token.end?.fileId === undefined) return undefined;
    const file = await this.files.findById(token.accountId, token.end.fileId);
    return file?.idempotencyHash === hashOf(idempotencyKey) ? file : undefined;
  }

  /** Why a token that was open may not be used any more; its expiry is no reason once an upload has begun. */
  private async findEnd({ token }: UploadGrant): Promise<UploadError | undefined> {
    if (token === undefined) return undefined;
    const found = await this.tokens.findCredentialByHash(token.hash);
    if (found?.accountStatus !== 'active' || found.token.end?.reason === 'revoked') return invalidToken();
    return found.token.end === undefined
      ? undefined
      : new UploadError('TOKEN_ALREADY_USED', 'the upload token has been used');
  }
}

function hashOf(idempotencyKey: string): string {
  return createHash('sha256').update(idempotencyKey).digest('hex');
}

function callbackFor(file: UploadedFile, { options, accountId }: UploadToken): UploadCallback | undefined {
  const { callback } = options;
  if (callback === undefined) return undefined;
  return {
    id: newUploadCallbackId(),
    accountId,
    fileId: file.id,
    url: callback.url,
    secretKeyId: callback.secret.keyId,
    secretEnvelope: callback.secret.envelope,
    payload: JSON.stringify({ type: 'upload.stored', timestamp: file.createdAt.toISOString(), data: uploadView(file) }),
    attempts: 0,
    dueAt: file.createdAt,
    createdAt: file.createdAt,
  };
}

import { Injectable } from '@nestjs/common';
import {
  Clock,
  UPLOAD_ADMIN,
  type UploadCommit,
  UploadReservations,
  type UploadToken,
  UploadTokenRepository,
  type UploadedFile,
  UploadedFileRepository,
  newFileId,
  uploadTokenPurgeAt,
} from '@tollgate/domain';
import { AuditTrail } from '../audit/audit-trail.service';
import type { Caller } from '../http/caller';
import { UploadTokenVerifier, invalidToken, spentToken } from '../upload-tokens/upload-token-verifier.service';
import { UploadCallbacks } from './callbacks/upload-callbacks.service';
import { DiskFloor } from './disk-floor';
import { callbackFor, fileOf, idempotencyHashOf, refusedEntry, storedEntry } from './upload-records';
import { UnknownOutcomeError } from './unknown-outcome-error';
import { UploadError } from './upload-error';
import type { UploadContent, UploadGrant } from './upload-grant';
import { quotaExceeded, tooLarge } from './upload-refusals';
import { UploadPolicy } from './upload-policy';

/** What was asked for was done before: the client lost the answer. */
export interface RepeatedUpload {
  readonly repeated: UploadedFile;
}

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
    private readonly floor: DiskFloor,
    private readonly callbacks: UploadCallbacks,
    private readonly audit: AuditTrail,
    private readonly clock: Clock,
  ) {}

  /**
   * Takes a token for one upload: {@link find}, {@link findRepeated} and {@link reserve} in one.
   * @throws UploadError by the contract's codes
   */
  async admit(
    value: string | undefined,
    idempotencyKey: string | undefined,
    holdMs: number,
    caller: Caller,
    leastBytes = 0,
  ): Promise<UploadGrant | RepeatedUpload> {
    const token = await this.find(value, caller);
    const repeated = await this.findRepeated(token, idempotencyKey);
    return repeated === undefined ? this.reserve(token, newFileId(), holdMs, leastBytes) : { repeated };
  }

  /**
   * The token that a request shows, whatever has become of it; `undefined` where uploads need none and none was shown.
   * @param value as presented
   * @throws UploadError as `UploadTokenVerifier.find`
   */
  async find(value: string | undefined, caller: Caller): Promise<UploadToken | undefined> {
    if (!this.policy.requiresToken && (value === undefined || value === '')) return undefined;
    return this.verifier.find(value, caller);
  }

  /** The file that was stored with a token under this name of the upload, whose client may have lost the answer. */
  async findRepeated(
    token: UploadToken | undefined,
    idempotencyKey: string | undefined,
  ): Promise<UploadedFile | undefined> {
    if (idempotencyKey === undefined || token?.end?.fileId === undefined) return undefined;
    const file = await this.files.findById(token.accountId, token.end.fileId);
    return file?.idempotencyHash === idempotencyHashOf(idempotencyKey) ? file : undefined;
  }

  /**
   * Takes a token that {@link find} has found for one upload. Where that fails the token is not held.
   * @param fileId of the file that will be
   * @param holdMs how long it holds the token without {@link renew}
   * @param leastBytes that the file has, if what the client announces is true: one that is sure to be refused for its size
   * costs the token nothing
   * @throws UploadError by the contract's codes, about the token
   */
  async reserve(
    token: UploadToken | undefined,
    fileId: string,
    holdMs: number,
    leastBytes: number,
  ): Promise<UploadGrant> {
    const grant = this.grantOf(token, fileId);
    try {
      if (token !== undefined) this.verifier.assertOpen(token);
      await this.assertFits(token, leastBytes);
      if (token !== undefined) await this.hold(grant, token, holdMs);
      return grant;
    } catch (error) {
      throw error instanceof UploadError && token !== undefined ? error.about(token) : error;
    }
  }

  /** The grant of an upload that was admitted, for a later request that goes on with it. */
  grantOf(token: UploadToken | undefined, fileId: string): UploadGrant {
    const accountId = token?.accountId ?? UPLOAD_ADMIN;
    return { fileId, accountId, token, holder: fileId, maxBytes: this.policy.maxBytes(token) };
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
    const audit = this.audit.describe(refusedEntry(token, fileId, error, caller));
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

  /**
   * {@link commit}, where the store's word counts when it fails in the middle, and when another process was faster with the
   * same upload.
   * @throws UploadError when it must not: nothing has changed, and the content is to be removed; UnknownOutcomeError: the
   * content must stay; whatever the store throws: nothing has changed
   */
  async commitOrFind(
    grant: UploadGrant,
    content: UploadContent,
    idempotencyKey: string | undefined,
    caller: Caller,
  ): Promise<UploadedFile> {
    try {
      return await this.commit(grant, content, idempotencyKey, caller);
    } catch (error) {
      const found = await this.files.findById(grant.accountId, grant.fileId).catch(() => {
        throw new UnknownOutcomeError(error);
      });
      if (found === undefined) throw error;
      return found;
    }
  }

  private async hold(grant: UploadGrant, token: UploadToken, holdMs: number): Promise<void> {
    const bounds = this.policy.reservationBounds(token, holdMs);
    const outcome = await this.reservations
      .reserve(token, grant.holder, this.clock.now(), bounds)
      .catch((error: unknown) => {
        // It may have come about. Not waited for: who does not answer the one does not answer the other either.
        void this.letGo(grant);
        throw error;
      });
    if (outcome.kind === 'held') throw this.verifier.heldUntil(outcome.until);
    if (outcome.kind === 'spent') throw spentToken();
    try {
      // Whoever held it before may have finished between the look at the token and the reservation.
      const end = await this.findEnd(grant);
      if (end !== undefined) throw end;
    } catch (error) {
      await this.letGo(grant);
      throw error;
    }
  }

  /** Never throws: a hold that can't be let go lapses. */
  private async letGo(grant: UploadGrant): Promise<void> {
    await this.release(grant, 0).catch(() => undefined);
  }

  /** What the commit would refuse, or the disk has no room for, is refused before anything is sent. */
  private async assertFits(token: UploadToken | undefined, leastBytes: number): Promise<void> {
    const maxBytes = this.policy.maxBytes(token);
    if (leastBytes > maxBytes) throw tooLarge(maxBytes);
    await this.floor.assertRoom(leastBytes);
    const { quotaBytes } = this.policy;
    if (quotaBytes === undefined) return;
    const used = await this.files.usedBytes(token?.accountId ?? UPLOAD_ADMIN);
    if (used + Math.max(1, leastBytes) > quotaBytes) throw quotaExceeded();
  }

  private describeCommit(
    grant: UploadGrant,
    content: UploadContent,
    idempotencyKey: string | undefined,
    caller: Caller,
  ): UploadCommit {
    const file = fileOf(grant, content, idempotencyKey, this.clock.now());
    const callback = callbackFor(file, grant.token);
    const { quotaBytes } = this.policy;
    return {
      file,
      audit: this.audit.describe(storedEntry(file, caller)),
      ...(callback === undefined ? {} : { callback }),
      ...(quotaBytes === undefined ? {} : { quotaBytes }),
    };
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

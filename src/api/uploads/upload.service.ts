import type { IncomingHttpHeaders } from 'node:http';
import { Injectable } from '@nestjs/common';
import { TollgateError, type UploadedFile, UploadedFileRepository } from '@tollgate/domain';
import { FileStorage } from '@tollgate/file-storage';
import { Log } from '@tollgate/observability';
import { RefusalRecorder } from '../audit/refusal-recorder.service';
import type { Caller } from '../http/caller';
import { DiskFloor } from './disk-floor';
import { storedFileName } from './file-name';
import { RunningUploads } from './running-uploads';
import type { StallRuleOptions } from './stall-rule';
import {
  type RepeatedUpload,
  UploadAdmissions,
  type UploadContent,
  type UploadGrant,
} from './upload-admissions.service';
import { UploadError } from './upload-error';
import { BrokenOffError, FORM_LIMITS, type UploadForm } from './upload-form';
import { idempotencyKeyOf, readUploadHead } from './upload-head';
import { UploadIntake } from './upload-intake';
import { UPLOAD_HOLD_MS, UPLOAD_RENEW_MS, UploadPolicy } from './upload-policy';
import { endsToken } from './upload-refusals';
import { UploadWatch } from './upload-watch';

/** An upload that is about to come in. */
export interface IncomingUpload {
  readonly headers: IncomingHttpHeaders;
  readonly caller: Caller;
  readonly form: UploadForm;
  /** Whether the client sends the body only when it is {@link invite}d to. */
  readonly awaitsInvitation: boolean;
  /** Called once, when the body is wanted. */
  readonly invite: () => void;
}

export interface ReceivedUpload {
  readonly file: UploadedFile;
  /** It had been stored before, under the same token and name of the upload. */
  readonly isRepeated: boolean;
}

/** How slow an upload may be; a class, to be injected. */
export class UploadPace implements StallRuleOptions {
  constructor(
    readonly windowMs: number,
    readonly minRate: number,
  ) {}
}

/** Receives uploads: from a token and a form to a stored file, or to nothing at all. */
@Injectable()
export class Uploads {
  constructor(
    private readonly admissions: UploadAdmissions,
    private readonly files: UploadedFileRepository,
    private readonly storage: FileStorage,
    private readonly policy: UploadPolicy,
    private readonly running: RunningUploads,
    private readonly floor: DiskFloor,
    private readonly pace: UploadPace,
    private readonly refusals: RefusalRecorder,
    private readonly log: Log,
  ) {}

  /**
   * @throws UploadError by the contract's codes; BrokenOffError when the client went away. In both cases nothing is kept,
   * and the token is used or free again
   */
  async receive(upload: IncomingUpload): Promise<ReceivedUpload> {
    const running = this.running.begin();
    try {
      const admitted = await this.admit(upload);
      if (!('repeated' in admitted)) return { file: await this.receiveGranted(admitted, upload), isRepeated: false };
      await this.discard(upload);
      return { file: admitted.repeated, isRepeated: true };
    } finally {
      running.end();
    }
  }

  private async admit({ headers, caller }: IncomingUpload): Promise<UploadGrant | RepeatedUpload> {
    try {
      const { token, idempotencyKey, leastBytes } = readUploadHead(headers, this.policy.maxBytes(undefined));
      await this.floor.assertRoom(leastBytes);
      return await this.admissions.admit(token, idempotencyKey, UPLOAD_HOLD_MS, caller, leastBytes);
    } catch (error) {
      this.recordRefusal(error, caller);
      throw error;
    }
  }

  private async receiveGranted(
    grant: UploadGrant,
    { form, headers, caller, invite }: IncomingUpload,
  ): Promise<UploadedFile> {
    const { fileId, maxBytes, token } = grant;
    const intake = new UploadIntake(this.storage, {
      fileId,
      maxBytes,
      allowsType: (type) => this.policy.allowsType(type, token),
    });
    const watch = this.watch(grant, form, intake);
    try {
      invite();
      const content = await this.take(grant, form, intake, watch.signal);
      const file = await this.commit(grant, content, idempotencyKeyOf(headers), caller);
      await this.keep(intake, file);
      return file;
    } catch (error) {
      watch.close();
      if (!(error instanceof UnknownOutcomeError)) await intake.abort();
      await this.giveBack(grant, error, form.takeReceived(), caller);
      throw error instanceof UnknownOutcomeError ? error.cause : error;
    } finally {
      watch.close();
    }
  }

  private async take(
    { token }: UploadGrant,
    form: UploadForm,
    intake: UploadIntake,
    signal: AbortSignal,
  ): Promise<UploadContent> {
    let sentName: string | undefined;
    const sink = {
      begin: (name: string | undefined): void => {
        sentName = name;
      },
      write: (chunk: Buffer): Promise<void> => intake.write(chunk),
    };
    await form.read(sink, signal);
    const { size, type, sha256 } = await intake.end();
    const storageKey = await intake.complete();
    const name = storedFileName(sentName, token?.options ?? {}, type.extension);
    return { storageKey, name, size, type: type.type, sha256 };
  }

  /** Where the store fails in the middle, what it has decides. */
  private async commit(
    grant: UploadGrant,
    content: UploadContent,
    idempotencyKey: string | undefined,
    caller: Caller,
  ): Promise<UploadedFile> {
    try {
      return await this.admissions.commit(grant, content, idempotencyKey, caller);
    } catch (error) {
      if (error instanceof UploadError) throw error;
      const found = await this.files.findById(grant.accountId, grant.fileId).catch(() => {
        throw new UnknownOutcomeError(error);
      });
      if (found === undefined) throw error;
      return found;
    }
  }

  private async keep(intake: UploadIntake, file: UploadedFile): Promise<void> {
    try {
      await intake.keep();
    } catch (error) {
      // It can be read where it is, and the sweep brings it to its place.
      this.log.warn({ err: error, fileId: file.id }, 'a stored upload could not be moved to its place yet');
    }
  }

  /** Ends the token or frees it. What fails here is made good by time: the token is held for seconds only. */
  private async giveBack(grant: UploadGrant, error: unknown, receivedBytes: number, caller: Caller): Promise<void> {
    try {
      if (endsToken(error)) {
        await this.admissions.refuse(grant, error, caller);
        return;
      }
      this.recordRefusal(error, caller, grant);
      await this.admissions.release(grant, receivedBytes);
    } catch (failure) {
      this.log.warn({ err: failure, fileId: grant.fileId }, 'an upload token could not be given back');
    }
  }

  /** For what changes nothing; a refusal that ends a token is recorded with the token. */
  private recordRefusal(error: unknown, caller: Caller, grant?: UploadGrant): void {
    const code =
      error instanceof UploadError ? error.uploadCode : error instanceof BrokenOffError ? 'BROKEN_OFF' : undefined;
    if (code === undefined && !(error instanceof TollgateError)) return;
    this.refusals.record({
      action: 'upload_file',
      accountId: grant?.accountId ?? '',
      isProved: grant?.token !== undefined,
      ...(grant?.token === undefined ? {} : { resourceId: grant.token.id }),
      caller,
      errorMessage: (error as Error).message,
      ...(code === undefined ? {} : { data: { code } }),
    });
  }

  private watch(grant: UploadGrant, form: UploadForm, intake: UploadIntake): UploadWatch {
    const watch = new UploadWatch((error) => {
      this.log.warn({ err: error, fileId: grant.fileId }, 'an upload could not be looked after');
    });
    const paced = {
      get receivedBytes() {
        return form.receivedBytes;
      },
      get isListening() {
        return !intake.isBusy;
      },
    };
    watch.keepPace(paced, this.pace);
    watch.keepRoom(this.floor);
    watch.every(UPLOAD_RENEW_MS, () => this.admissions.renew(grant, form.takeReceived(), UPLOAD_HOLD_MS));
    return watch;
  }

  /** A client that sends it all again listens only when it has. */
  private async discard({ form, awaitsInvitation }: IncomingUpload): Promise<void> {
    if (awaitsInvitation) return;
    const watch = new UploadWatch(() => undefined);
    watch.keepPace(
      {
        get receivedBytes() {
          return form.receivedBytes;
        },
        isListening: true,
      },
      this.pace,
    );
    try {
      await form.discard(this.policy.maxBytes(undefined) + FORM_LIMITS.overheadBytes, watch.signal);
    } finally {
      watch.close();
    }
  }
}

/** Whether the upload was committed is not known; if it was, its content is needed, and if not, the sweep removes it. */
class UnknownOutcomeError extends Error {
  override readonly name = 'UnknownOutcomeError';

  constructor(override readonly cause: unknown) {
    super('the store does not say whether the upload was committed');
  }
}

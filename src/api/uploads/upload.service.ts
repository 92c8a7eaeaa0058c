import { Injectable } from '@nestjs/common';
import type { UploadedFile } from '@tollgate/domain';
import { FileStorage } from '@tollgate/file-storage';
import { Log } from '@tollgate/observability';
import type { Caller } from '../http/caller';
import { DiskFloor } from './disk-floor';
import { storedFileName } from './file-name';
import type { IncomingUpload } from './incoming-upload';
import { RunningUploads } from './running-uploads';
import { UnknownOutcomeError } from './unknown-outcome-error';
import { type RepeatedUpload, UploadAdmissions } from './upload-admissions.service';
import type { UploadContent, UploadGrant } from './upload-grant';
import type { UploadForm } from './upload-form';
import { idempotencyKeyOf, readUploadHead } from './upload-head';
import { UploadIntake } from './upload-intake';
import { UploadPace } from './upload-pace';
import { UPLOAD_HOLD_MS, UPLOAD_RENEW_MS, UploadPolicy } from './upload-policy';
import { UploadRefusalTrail } from './upload-refusal-trail';
import { endsToken } from './upload-refusals';
import { UploadRepeats } from './upload-repeats';
import { UploadWatch } from './upload-watch';

export interface ReceivedUpload {
  readonly file: UploadedFile;
  /** It had been stored before, under the same token and name of the upload. */
  readonly isRepeated: boolean;
}

/** Receives uploads: from a token and a form to a stored file, or to nothing at all. */
@Injectable()
export class Uploads {
  constructor(
    private readonly admissions: UploadAdmissions,
    private readonly storage: FileStorage,
    private readonly policy: UploadPolicy,
    private readonly running: RunningUploads,
    private readonly floor: DiskFloor,
    private readonly pace: UploadPace,
    private readonly repeats: UploadRepeats,
    private readonly trail: UploadRefusalTrail,
    private readonly log: Log,
  ) {}

  /**
   * @throws UploadError by the contract's codes; BrokenOffError when the client went away. In both cases nothing is kept,
   * and the token is used or free again
   */
  async receive(upload: IncomingUpload): Promise<ReceivedUpload> {
    const { caller } = upload;
    const running = await this.recording(caller, () => this.running.begin());
    try {
      const admitted = await this.recording(caller, () => this.admit(upload));
      if (!('repeated' in admitted)) return { file: await this.receiveGranted(admitted, upload), isRepeated: false };
      const { repeated } = admitted;
      await this.recording(caller, () => this.repeats.take(repeated, upload));
      return { file: repeated, isRepeated: true };
    } finally {
      running.end();
    }
  }

  private async admit({ headers, caller }: IncomingUpload): Promise<UploadGrant | RepeatedUpload> {
    const { token, idempotencyKey, leastBytes } = readUploadHead(headers, this.policy.maxBytes(undefined));
    return this.admissions.admit(token, idempotencyKey, UPLOAD_HOLD_MS, caller, leastBytes);
  }

  /** Does what comes before an upload has begun; {@link giveBack} records what ends one that has. */
  private async recording<T>(caller: Caller, work: () => T | Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.trail.record(error, caller);
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
      const file = await this.admissions.commitOrFind(grant, content, idempotencyKeyOf(headers), caller);
      await this.keep(intake, file);
      return file;
    } catch (error) {
      watch.close();
      if (error instanceof UnknownOutcomeError) await this.leave(intake, grant.fileId);
      else await intake.abort();
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

  private async keep(intake: UploadIntake, file: UploadedFile): Promise<void> {
    try {
      await intake.keep();
    } catch (error) {
      // It can be read where it is, and the sweep brings it to its place.
      this.log.warn({ err: error, fileId: file.id }, 'a stored upload could not be moved to its place yet');
    }
  }

  /** If a record names the content it is needed, and if none does, the sweep removes it: no longer is it ours to tell. */
  private async leave(intake: UploadIntake, fileId: string): Promise<void> {
    try {
      await intake.leave();
    } catch (error) {
      this.log.warn({ err: error, fileId }, 'the content of an upload stays until this process ends');
    }
  }

  /** Ends the token or frees it. What fails here is made good by time: the token is held for seconds only. */
  private async giveBack(grant: UploadGrant, error: unknown, receivedBytes: number, caller: Caller): Promise<void> {
    try {
      if (endsToken(error)) {
        await this.admissions.refuse(grant, error, caller);
        return;
      }
      this.trail.record(error, caller, grant);
      await this.admissions.release(grant, receivedBytes);
    } catch (failure) {
      this.log.warn({ err: failure, fileId: grant.fileId }, 'an upload token could not be given back');
    }
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
}

import { Injectable } from '@nestjs/common';
import { TollgateError, type UploadToken, type UploadedFile } from '@tollgate/domain';
import { Log } from '@tollgate/observability';
import { type RunningUpload, RunningUploads } from '../running-uploads';
import { UploadAdmissions } from '../upload-admissions.service';
import { UploadError } from '../upload-error';
import { BrokenOffError } from '../upload-form';
import { idempotencyKeyOf, uploadTokenOf } from '../upload-head';
import { UploadPolicy } from '../upload-policy';
import { UploadRefusalTrail } from '../upload-refusal-trail';
import { endsToken } from '../upload-refusals';
import { UnknownOutcomeError } from '../unknown-outcome-error';
import { HandledUpload } from './handled-upload';
import { PieceIntake } from './piece-intake.service';
import { type OpenUpload, ResumableUploads, uploadNotFound } from './resumable-uploads.service';
import { ResumeWindow } from './resume-window';
import { TUS_PATH, type TusAnswer, TusError, assertVersion, describeTus, speakTus } from './tus-protocol';
import type { TusOutcome, TusRequest } from './tus-request';
import { UploadCreation } from './upload-creation';
import { UploadTurns } from './upload-turns';

/** What a request has shown of itself so far; for the audit trail. */
interface Shown {
  token?: UploadToken | undefined;
  /** Once the upload was begun or found. */
  open?: OpenUpload | undefined;
}

/** Answers requests for resumable uploads, each in its turn. */
@Injectable()
export class TusRequests {
  constructor(
    private readonly uploads: ResumableUploads,
    private readonly intake: PieceIntake,
    private readonly admissions: UploadAdmissions,
    private readonly turns: UploadTurns,
    private readonly running: RunningUploads,
    private readonly policy: UploadPolicy,
    private readonly window: ResumeWindow,
    private readonly trail: UploadRefusalTrail,
    private readonly log: Log,
  ) {}

  /** @throws UploadError, TollgateError, TusError; BrokenOffError when the client went away */
  async handle(request: TusRequest): Promise<TusOutcome> {
    const { raw, uploadId } = request;
    if (raw.method === 'OPTIONS') return describeTus(raw, this.policy.maxBytes(undefined));
    const shown: Shown = {};
    try {
      if (raw.method !== 'GET') assertVersion(raw);
      shown.token = await this.admissions.find(uploadTokenOf(raw.headers), request.caller);
      return await (uploadId === undefined ? this.create(request, shown) : this.goOn(request, uploadId, shown));
    } catch (error) {
      this.record(error, request, shown);
      throw error instanceof UnknownOutcomeError ? error.cause : error;
    }
  }

  private async create(request: TusRequest, shown: Shown): Promise<TusOutcome> {
    const { raw } = request;
    const { token } = shown;
    const idempotencyKey = idempotencyKeyOf(raw.headers);
    const repeated = await this.admissions.findRepeated(token, idempotencyKey);
    if (repeated !== undefined) return answerRepeated(repeated);
    const slot = request.hasPiece ? this.running.begin() : undefined;
    const creation = new UploadCreation(this.uploads, this.intake, request, token, idempotencyKey);
    try {
      const answer = await speakTus(raw, creation, Math.min(this.window.ms, this.window.maxMs));
      creation.assertAnswerable();
      return outcomeOf(answer, creation.finished, raw.method);
    } catch (error) {
      shown.open = creation.open;
      await this.giveUp(creation, error);
      throw error;
    } finally {
      slot?.end();
    }
  }

  private async goOn(request: TusRequest, uploadId: string, shown: Shown): Promise<TusOutcome> {
    const { raw, caller } = request;
    // Who may not touch the upload does not get into the way of who may.
    await this.uploads.assertOwn(uploadId, shown.token);
    const turn = await this.turns.take(uploadId);
    let slot: RunningUpload | undefined;
    try {
      if (request.isGone()) throw new BrokenOffError('the client went away');
      const found = await this.uploads.resume(uploadId, shown.token, caller);
      if ('stored' in found) return answerStored(request, found.stored);
      shown.open = found.open;
      if (raw.method === 'GET') throw new TollgateError('not_found', 'the upload is not finished');
      const upload = new HandledUpload(this.uploads, this.intake, request, turn, found.open, found.partial);
      if (request.hasPiece || upload.isWhole) slot = this.running.begin();
      const answer = await speakTus(raw, upload, this.uploads.leftMs(found.open.note));
      return outcomeOf(answer, upload.finished, raw.method);
    } finally {
      slot?.end();
      await turn.end();
    }
  }

  /** What fails here is made good by time: the token is held for seconds only, and the sweep removes what is left. */
  private async giveUp(creation: UploadCreation, error: unknown): Promise<void> {
    try {
      await creation.giveUp(error);
    } catch (failure) {
      this.log.warn({ err: failure, fileId: creation.id }, 'an upload that was not begun could not be given up');
    }
  }

  private record(error: unknown, { caller }: TusRequest, { token, open }: Shown): void {
    // What ends a token is recorded with the token.
    if (endsToken(error) && open?.grant.token !== undefined) return;
    const refusal = error instanceof TusError ? new TollgateError('invalid_request', error.message) : error;
    this.trail.record(refusal, caller, open?.grant, token);
  }
}

function outcomeOf(answer: TusAnswer, finished: UploadedFile | undefined, method: string | undefined): TusOutcome {
  if (finished === undefined) return answer;
  const status = method === 'PATCH' ? 200 : answer.status;
  return { ...answer, status, finished, ...(method === 'HEAD' ? {} : { stored: finished }) };
}

/** To a client that lost the answer and begins the same upload again. */
function answerRepeated(stored: UploadedFile): TusOutcome {
  const headers = {
    location: `${TUS_PATH}/${stored.id}`,
    'upload-offset': String(stored.size),
    'idempotent-replayed': 'true',
  };
  return { status: 201, headers, stored };
}

/** What a client may still ask of an upload that is a file by now: whether it is, and which. It may have lost the answer. */
function answerStored({ raw }: TusRequest, stored: UploadedFile): TusOutcome {
  const size = String(stored.size);
  switch (raw.method) {
    case 'HEAD':
      return { status: 200, headers: { 'upload-offset': size, 'upload-length': size } };
    case 'GET':
      return { status: 200, headers: {}, stored };
    case 'PATCH':
      if (raw.headers['upload-offset'] === size) return { status: 200, headers: { 'upload-offset': size }, stored };
      throw new UploadError('TOKEN_ALREADY_USED', 'the upload is finished');
    default:
      throw uploadNotFound();
  }
}

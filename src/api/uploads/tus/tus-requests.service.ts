import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import { TollgateError, type UploadedFile } from '@tollgate/domain';
import type { Caller } from '../../http/caller';
import { DiskFloor } from '../disk-floor';
import { RunningUploads } from '../running-uploads';
import { UploadAdmissions } from '../upload-admissions.service';
import { UploadError } from '../upload-error';
import { idempotencyKeyOf, uploadTokenOf } from '../upload-head';
import { UploadPolicy } from '../upload-policy';
import { tooLarge } from '../upload-refusals';
import type { PieceBody } from './piece-body';
import { PieceIntake } from './piece-intake.service';
import {
  type FoundUpload,
  type OpenUpload,
  ResumableUploads,
  ResumeWindow,
  uploadNotFound,
} from './resumable-uploads.service';
import { type TusAnswer, TUS_PATH, speakTus } from './tus-protocol';
import type { TusUpload } from './tus-store';
import { UploadTurns } from './upload-turns';

/** A request below the path of resumable uploads. */
export interface TusRequest {
  readonly raw: IncomingMessage;
  /** As in its path; absent for requests that concern no upload in particular. */
  readonly uploadId: string | undefined;
  readonly caller: Caller;
  readonly body: PieceBody;
  /** Whether its body is a piece of an upload. */
  readonly hasPiece: boolean;
  /** To be called when the body is wanted. */
  readonly invite: () => void;
}

export interface TusOutcome extends TusAnswer {
  /** The file that the upload is. */
  readonly stored?: UploadedFile;
  /** The same, when it has become it by this request. */
  readonly finished?: UploadedFile;
}

/** An upload in the hands of one request. */
interface Handled {
  open: OpenUpload | undefined;
  size: number;
  offset: number;
  finished: UploadedFile | undefined;
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
    private readonly floor: DiskFloor,
    private readonly policy: UploadPolicy,
    private readonly window: ResumeWindow,
  ) {}

  /** @throws UploadError, TollgateError, TusError; BrokenOffError when the client went away */
  async handle(request: TusRequest): Promise<TusOutcome> {
    if (request.raw.method === 'OPTIONS') return this.speak(request, handledNothing(), never);
    const running = request.hasPiece ? this.running.begin() : undefined;
    try {
      return await (request.uploadId === undefined ? this.create(request) : this.go(request, request.uploadId));
    } finally {
      running?.end();
    }
  }

  private async create(request: TusRequest): Promise<TusOutcome> {
    const { raw, caller } = request;
    const idempotencyKey = idempotencyKeyOf(raw.headers);
    const handled = handledNothing();
    let repeated: UploadedFile | undefined;
    const admit = async (): Promise<string> => {
      const size = Number(raw.headers['upload-length']);
      if (size === 0) throw new UploadError('EMPTY_FILE', 'the file is empty');
      const maxBytes = this.policy.maxBytes(undefined);
      if (size > maxBytes) throw tooLarge(maxBytes);
      await this.floor.assertRoom(size);
      const token = uploadTokenOf(raw.headers);
      const admitted = await this.admissions.admit(token, idempotencyKey, this.window.ms, caller, size);
      if ('repeated' in admitted) {
        repeated = admitted.repeated;
        throw new RepeatedUploadSignal();
      }
      handled.open = { grant: admitted, note: { accountId: admitted.accountId, metadata: {} }, caller };
      return admitted.fileId;
    };
    const begin = async (size: number, metadata: OpenUpload['note']['metadata']): Promise<void> => {
      if (handled.open === undefined) throw new Error('an upload was begun before it was admitted');
      handled.open = await this.uploads.begin(handled.open.grant, size, metadata, idempotencyKey, caller);
      handled.size = size;
    };
    try {
      return await this.speak(request, handled, admit, begin);
    } catch (error) {
      if (!(error instanceof RepeatedUploadSignal) || repeated === undefined) throw error;
      const { id, size } = repeated;
      const headers = { location: `${TUS_PATH}/${id}`, 'upload-offset': String(size), 'idempotent-replayed': 'true' };
      return { status: 201, headers, stored: repeated };
    }
  }

  private async go(request: TusRequest, uploadId: string): Promise<TusOutcome> {
    const { raw, caller } = request;
    // Who may not touch the upload does not get into the way of who may.
    const token = await this.uploads.authenticate(uploadTokenOf(raw.headers), caller);
    await this.uploads.assertOwn(uploadId, token);
    const turn = await this.turns.take(uploadId);
    try {
      const found = await this.uploads.resume(uploadId, token, caller);
      if ('stored' in found) return answerStored(request, found.stored);
      if (raw.method === 'GET') throw new TollgateError('not_found', 'the upload is not finished');
      return await this.speak(request, handledOf(found), never, never, turn.signal);
    } finally {
      await turn.end();
    }
  }

  private async speak(
    request: TusRequest,
    handled: Handled,
    admit: () => Promise<string>,
    create: TusUpload['create'] = never,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<TusOutcome> {
    const upload: TusUpload = {
      create,
      look: async () => {
        const open = openOf(handled);
        // Also for one whose last byte came to a process that died over it.
        if (handled.offset === handled.size) handled.finished ??= await this.intake.finish(open, handled.size);
        return { size: handled.size, offset: handled.offset, metadata: open.note.metadata };
      },
      write: async (offset) => {
        const open = openOf(handled);
        if (handled.finished !== undefined) return handled.offset;
        request.invite();
        handled.offset = await this.intake.take(open, handled.size, offset, request.body, signal);
        if (handled.offset === handled.size) handled.finished = await this.intake.finish(open, handled.size);
        return handled.offset;
      },
      remove: () => this.uploads.terminate(openOf(handled)),
    };
    const maxBytes = this.policy.maxBytes(undefined);
    const answer = await speakTus(request.raw, { upload, admit, windowMs: this.window.ms, maxBytes });
    const { finished } = handled;
    if (finished === undefined) return answer;
    const status = request.raw.method === 'PATCH' ? 200 : answer.status;
    return { ...answer, status, finished, ...(request.raw.method === 'HEAD' ? {} : { stored: finished }) };
  }
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

function handledNothing(): Handled {
  return { open: undefined, size: 0, offset: 0, finished: undefined };
}

function handledOf({ open, partial }: Extract<FoundUpload, { readonly open: OpenUpload }>): Handled {
  return { open, size: partial.size, offset: partial.offset, finished: undefined };
}

function openOf({ open }: Handled): OpenUpload {
  if (open === undefined) throw new Error('there is no upload to this request');
  return open;
}

function never(): never {
  throw new Error('this request begins no upload');
}

/** Ends a creation early: what it would create is there. */
class RepeatedUploadSignal extends Error {
  override readonly name = 'RepeatedUploadSignal';
}

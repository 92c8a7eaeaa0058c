import multipart from '@fastify/multipart';
import { Injectable } from '@nestjs/common';
import { TollgateError, type UploadedFile } from '@tollgate/domain';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from '../http/caller';
import type { ErrorFilter } from '../http/error.filter';
import { inviteBody } from '../http/invitation';
import { useUnreadBodies } from '../http/unread-body';
import { UploadTokenLog } from '../upload-tokens/upload-token-log';
import { BrokenOffError, UploadForm } from './upload-form';
import { UploadMetrics, type UploadResult } from './upload-metrics';
import { UploadError } from './upload-error';
import { type ReceivedUpload, Uploads } from './upload.service';
import { uploadView } from './upload-view';

const UPLOAD_PATH = '/api/video/upload';
/** Beginnings of the paths whose routes look at a request before they ask for its body. */
export const INVITING_PATHS = [UPLOAD_PATH] as const;

const SECOND_MS = 1_000;

/**
 * `POST /api/video/upload`, on Fastify itself: what is wrong with a request must be told before its body is read, and Nest's
 * routes come after that.
 */
@Injectable()
export class UploadRoutes {
  private readonly forms = new WeakMap<object, UploadForm>();

  constructor(
    private readonly uploads: Uploads,
    private readonly metrics: UploadMetrics,
    private readonly log: UploadTokenLog,
  ) {}

  register(fastify: FastifyInstance, errors: ErrorFilter): void {
    void fastify.register(async (scope) => {
      await scope.register(multipart, { throwFileSizeLimit: false });
      // Whatever it says it is: the route itself says what is wrong with it, and reads none of it.
      scope.removeContentTypeParser('*');
      scope.addContentTypeParser('*', (_request, _payload, done) => {
        done(null);
      });
      scope.setErrorHandler((error, request, reply) => {
        errors.answer(error, request, reply);
      });
      useUnreadBodies(scope, (raw) => this.forms.get(raw)?.receivedBytes ?? 0);
      scope.post(UPLOAD_PATH, (request, reply) => this.receive(request, reply));
    });
  }

  private async receive(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { raw } = request;
    const form = new UploadForm(request);
    this.forms.set(raw, form);
    let received: ReceivedUpload | undefined;
    try {
      received = await this.uploads.receive({
        headers: request.headers,
        caller: callerOf(request),
        form,
        awaitsInvitation: raw.awaitsInvitation === true,
        invite: () => {
          inviteBody(raw, reply.raw);
        },
      });
    } catch (error) {
      this.note(error, request);
      if (!(error instanceof BrokenOffError)) throw error;
    } finally {
      this.metrics.received(form.receivedBytes);
    }
    return received === undefined ? reply.hijack() : this.answer(received, request, reply);
  }

  private answer({ file, isRepeated }: ReceivedUpload, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    this.metrics.count(isRepeated ? 'repeated' : 'stored');
    if (isRepeated) void reply.header('idempotent-replayed', 'true');
    else this.noteStored(file, request);
    return reply.code(200).send({ success: true, ...uploadView(file) });
  }

  private noteStored(file: UploadedFile, { id, raw }: FastifyRequest): void {
    const nowMs = performance.now();
    const durationMs = Math.round(nowMs - (raw.startedMs ?? nowMs));
    this.metrics.took(durationMs / SECOND_MS);
    const { size, type, accountId } = file;
    this.log.info({ reqId: id, fileId: file.id, accountId, size, type, durationMs }, 'upload stored');
  }

  private note(error: unknown, request: FastifyRequest): void {
    const result = resultOf(error);
    this.metrics.count(result);
    this.log.debug({ reqId: request.id, result }, 'upload not stored');
  }
}

function resultOf(error: unknown): UploadResult {
  if (error instanceof BrokenOffError) return 'broken_off';
  if (error instanceof UploadError) return error.uploadCode.toLowerCase() as UploadResult;
  return error instanceof TollgateError ? 'invalid_multipart' : 'failed';
}

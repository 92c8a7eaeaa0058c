import { Injectable } from '@nestjs/common';
import { TollgateError, type UploadedFile } from '@tollgate/domain';
import { Log } from '@tollgate/observability';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from '../../http/caller';
import type { ErrorFilter } from '../../http/error.filter';
import { inviteBody } from '../../http/invitation';
import { useUnreadBodies } from '../../http/unread-body';
import { UploadError } from '../upload-error';
import { BrokenOffError } from '../upload-form';
import { UploadMetrics, type UploadResult } from '../upload-metrics';
import { uploadView } from '../upload-view';
import { PieceBody } from './piece-body';
import { PIECE_TYPE, TUS_PATH, TUS_VERSION, TusError } from './tus-protocol';
import type { TusOutcome } from './tus-request';
import { TusRequests } from './tus-requests.service';

const UPLOAD_PATH = `${TUS_PATH}/:id`;

/**
 * Resumable uploads by tus 1.0 below `/api/video/tus`, on Fastify itself as all uploads: what is wrong with a request is told
 * before its body is read.
 */
@Injectable()
export class TusRoutes {
  private readonly bodies = new WeakMap<object, PieceBody>();

  constructor(
    private readonly requests: TusRequests,
    private readonly metrics: UploadMetrics,
    private readonly log: Log,
  ) {}

  register(fastify: FastifyInstance, errors: ErrorFilter): void {
    void fastify.register((scope, _options, done) => {
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser('*', (_request, _payload, parsed) => {
        parsed(null);
      });
      scope.setErrorHandler((error, request, reply) => {
        errors.answer(error, request, reply);
      });
      scope.addHook('onRequest', (_request, reply, next) => {
        // Errors too are answers of this protocol.
        void reply.header('tus-resumable', TUS_VERSION).header('tus-version', TUS_VERSION);
        next();
      });
      useUnreadBodies(scope, (raw) => this.bodies.get(raw)?.receivedBytes ?? 0);
      for (const path of [TUS_PATH, UPLOAD_PATH]) {
        scope.options(path, (request, reply) => this.answer(request, reply));
      }
      scope.post(TUS_PATH, (request, reply) => this.answer(request, reply));
      // Before GET, which brings a HEAD of its own otherwise.
      scope.head(UPLOAD_PATH, (request, reply) => this.answer(request, reply));
      scope.patch(UPLOAD_PATH, (request, reply) => this.answer(request, reply));
      scope.delete(UPLOAD_PATH, (request, reply) => this.answer(request, reply));
      scope.get(UPLOAD_PATH, (request, reply) => this.answer(request, reply));
      done();
    });
  }

  private async answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const answer = await this.handle(request, reply);
    if (answer === undefined) return reply.hijack();
    const { status, headers, stored, finished } = answer;
    if (finished !== undefined) this.noteStored(finished, request);
    void reply.code(status).headers(headers);
    return stored === undefined ? reply.send() : reply.send({ success: true, ...uploadView(stored) });
  }

  /** @returns `undefined` when the client went away */
  private async handle(request: FastifyRequest, reply: FastifyReply): Promise<TusOutcome | undefined> {
    const { raw, headers } = request;
    const body = new PieceBody(raw);
    this.bodies.set(raw, body);
    try {
      return await this.requests.handle({
        raw,
        uploadId: (request.params as { readonly id?: string }).id,
        caller: callerOf(request),
        body,
        hasPiece: headers['content-type'] === PIECE_TYPE,
        invite: () => {
          inviteBody(raw, reply.raw);
        },
        isGone: () => raw.socket.destroyed,
      });
    } catch (error) {
      this.note(error, request);
      if (error instanceof BrokenOffError) return undefined;
      throw error;
    } finally {
      this.metrics.received(body.receivedBytes);
    }
  }

  private noteStored({ id, accountId, size, type }: UploadedFile, request: FastifyRequest): void {
    this.metrics.count('stored');
    this.log.info({ reqId: request.id, fileId: id, accountId, size, type }, 'resumable upload stored');
  }

  private note(error: unknown, request: FastifyRequest): void {
    const result = resultOf(error);
    if (result !== undefined) this.metrics.count(result);
    this.log.debug({ reqId: request.id, result }, 'request for a resumable upload refused');
  }
}

/** @returns `undefined` for what concerns the request and not the upload, which goes on */
function resultOf(error: unknown): UploadResult | undefined {
  if (error instanceof BrokenOffError) return 'broken_off';
  if (error instanceof UploadError) return error.uploadCode.toLowerCase() as UploadResult;
  return error instanceof TollgateError || error instanceof TusError ? undefined : 'failed';
}

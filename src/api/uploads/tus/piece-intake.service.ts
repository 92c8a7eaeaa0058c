import { Injectable } from '@nestjs/common';
import type { UploadedFile } from '@tollgate/domain';
import { PartialUploads, StorageFullError } from '@tollgate/file-storage';
import { Log } from '@tollgate/observability';
import { type DetectedType, TYPE_BYTES, detectType } from '../content-type';
import { DiskFloor } from '../disk-floor';
import { storedFileName } from '../file-name';
import { UploadAdmissions } from '../upload-admissions.service';
import type { UploadContent } from '../upload-grant';
import { UploadError } from '../upload-error';
import { UPLOAD_RENEW_MS, UploadPolicy } from '../upload-policy';
import { endsToken, storageFull, unsupportedType } from '../upload-refusals';
import { UploadPace } from '../upload-pace';
import { UploadWatch } from '../upload-watch';
import { ContentDigests } from './content-digests';
import type { PieceBody } from './piece-body';
import { type OpenUpload, ResumableUploads } from './resumable-uploads.service';
import { sentNameOf } from './upload-note';
import type { Turn } from './upload-turns';

/** Takes pieces of resumable uploads in, and makes files of those that are whole. */
@Injectable()
export class PieceIntake {
  constructor(
    private readonly uploads: ResumableUploads,
    private readonly partials: PartialUploads,
    private readonly admissions: UploadAdmissions,
    private readonly policy: UploadPolicy,
    private readonly digests: ContentDigests,
    private readonly floor: DiskFloor,
    private readonly pace: UploadPace,
    private readonly log: Log,
  ) {}

  /**
   * Adds a piece. Whatever breaks it off, what came until then is kept, unless the upload is refused for what it is.
   * @param size of the whole upload
   * @param signal ends it, with an UploadError
   * @returns the new offset
   * @throws UploadError; BrokenOffError
   */
  async take(upload: OpenUpload, size: number, offset: number, body: PieceBody, signal: AbortSignal): Promise<number> {
    const { fileId } = upload.grant;
    const before = offset < TYPE_BYTES ? await this.readHead(fileId, offset) : Buffer.alloc(TYPE_BYTES);
    const rules = { room: size - offset, before, checkType: (head: Buffer) => this.detect(head, upload) };
    const watch = this.watch(upload, body);
    let newOffset: number;
    try {
      await this.floor.assertRoom();
      const chunks = body.chunks(rules, AbortSignal.any([watch.signal, signal]));
      newOffset = await this.digests.hash(fileId, offset, chunks, (hashed) =>
        this.partials.write(fileId, offset, hashed),
      );
    } catch (error) {
      throw error instanceof StorageFullError ? storageFull() : error;
    } finally {
      watch.close();
    }
    const { failure } = body;
    if (endsToken(failure)) {
      await this.uploads.refuse(upload, failure);
      throw failure;
    }
    await this.uploads.renew(upload, body.takeReceived());
    if (failure !== undefined && newOffset < size) throw failure;
    return newOffset;
  }

  /**
   * Makes a whole upload a file. May be asked again when it failed for no fault of the upload's.
   * @throws UploadError; nothing is left of the upload then, unless it is UPLOAD_BUSY. UnknownOutcomeError
   */
  async finish(upload: OpenUpload, size: number, turn: Pick<Turn, 'assertHeld'>): Promise<UploadedFile> {
    const { fileId, token } = upload.grant;
    turn.assertHeld();
    let type: DetectedType;
    try {
      type = await this.detect(await this.readHead(fileId, size), upload);
    } catch (error) {
      if (error instanceof UploadError) await this.uploads.refuse(upload, error);
      throw error;
    }
    const sha256 = await this.digests.finish(fileId, size, (start) => this.partials.read(fileId, start));
    const name = storedFileName(sentNameOf(upload.note), token?.options ?? {}, type.extension);
    // That took a while; adopting it takes it away from whoever may have the turn now.
    turn.assertHeld();
    const storageKey = await this.partials.adopt(fileId);
    const file = await this.commit(upload, { storageKey, name, size, type: type.type, sha256 });
    await this.partials.keep(fileId, storageKey);
    return file;
  }

  private async commit(upload: OpenUpload, content: UploadContent): Promise<UploadedFile> {
    const { grant, note, caller } = upload;
    try {
      return await this.admissions.commitOrFind(grant, content, note.idempotencyKey, caller);
    } catch (error) {
      if (error instanceof UploadError) await this.uploads.terminate(upload);
      throw error;
    }
  }

  private watch(upload: OpenUpload, body: PieceBody): UploadWatch {
    const watch = new UploadWatch((error) => {
      this.log.warn({ err: error, fileId: upload.grant.fileId }, 'an upload could not be looked after');
    });
    watch.keepPace(body, this.pace);
    watch.keepRoom(this.floor);
    watch.every(UPLOAD_RENEW_MS, () => this.uploads.keepAlive(upload, body.takeReceived()));
    return watch;
  }

  private async detect(head: Buffer, { grant }: OpenUpload): Promise<DetectedType> {
    const found = await detectType(head);
    if (found === undefined || !this.policy.allowsType(found.type, grant.token)) throw unsupportedType(found?.type);
    return found;
  }

  /** @param available bytes of the content that are there */
  private async readHead(fileId: string, available: number): Promise<Buffer> {
    const wanted = Math.min(available, TYPE_BYTES);
    if (wanted === 0) return Buffer.alloc(0);
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of await this.partials.read(fileId, 0)) {
      chunks.push(chunk as Buffer);
      bytes += (chunk as Buffer).length;
      // Leaving the loop destroys the stream.
      if (bytes >= wanted) break;
    }
    return Buffer.concat(chunks).subarray(0, wanted);
  }
}

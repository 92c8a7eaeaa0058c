import { Readable } from 'node:stream';
import { Controller, Delete, Get, Param, Query, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { TollgateError, type UploadedFile } from '@tollgate/domain';
import { FileGoneError, FileStorage } from '@tollgate/file-storage';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { Audited } from '../../audit/audited.decorator';
import { ApiAnswer } from '../../http/api-decorators';
import { type Caller, RequestCaller } from '../../http/caller';
import { toPage } from '../../http/fields';
import { uploadErrorBody } from '../../http/upload-error-body';
import { ApiUploadErrors } from '../../http/upload-error-docs';
import { StorageAccess } from '../../upload-tokens/storage-access';
import { Owner, type StorageOwner } from '../../upload-tokens/storage-owner';
import { type DownloadPlan, planDownload } from './download-plan';
import { fileDeleted, fileInfo, fileList, listFilesQuery, toFileView } from './file.schemas';
import { FilesService } from './files.service';

const FILE_ID = { name: 'id', example: 'file_4fJ8sQ2mZk1xWc9vB7nR0L' };

@ApiTags('Uploads')
@Controller('api/video/files')
export class FilesController {
  constructor(
    private readonly files: FilesService,
    private readonly storage: FileStorage,
  ) {}

  @Get()
  @StorageAccess('storage:read')
  @ApiOperation({ summary: 'List stored files, newest first' })
  @ApiAnswer(200, fileList)
  async list(
    @Owner() owner: StorageOwner,
    @Query({ schema: listFilesQuery }) query: z.output<typeof listFilesQuery>,
  ): Promise<z.output<typeof fileList>> {
    const page = toPage(query);
    const { items, total } = await this.files.list(ownerFor(owner, query.account_id), query.owner_label, page);
    return { success: true, files: items.map(toFileView), total, ...page };
  }

  @Get(':id/info')
  @StorageAccess('storage:read')
  @ApiOperation({ summary: 'Show the record of a file' })
  @ApiParam(FILE_ID)
  @ApiAnswer(200, fileInfo)
  @ApiUploadErrors('NOT_FOUND')
  async info(@Owner() owner: StorageOwner, @Param('id') id: string): Promise<z.output<typeof fileInfo>> {
    return { success: true, ...toFileView(await this.files.find(owner, id)) };
  }

  @Get(':id')
  @StorageAccess('storage:read')
  @ApiOperation({ summary: 'Download a file, or a part of it; also by HEAD, and conditionally' })
  @ApiParam(FILE_ID)
  @ApiResponse({
    status: 200,
    description: 'The content, under its detected type.',
    content: { 'video/*': { schema: { type: 'string', format: 'binary' } } },
  })
  @ApiResponse({ status: 206, description: 'The part that Range names.' })
  @ApiResponse({ status: 304, description: 'What If-None-Match or If-Modified-Since names is still it.' })
  @ApiResponse({ status: 412, description: 'What If-Match or If-Unmodified-Since asks for is not so.' })
  @ApiResponse({ status: 416, description: 'The range lies outside of the content.' })
  @ApiUploadErrors('NOT_FOUND')
  async download(
    @Owner() owner: StorageOwner,
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const file = await this.files.find(owner, id);
    const plan = planDownload(file, request.method, request.headers);
    if (plan.refusal !== undefined) {
      await reply.code(plan.status).headers(plan.headers).send(uploadErrorBody(plan.refusal.code, plan.refusal.text));
      return;
    }
    const content = await this.open(file, plan);
    if (reply.raw.destroyed) {
      content.destroy();
      return;
    }
    // Fastify destroys the stream when the client goes, and stops reading it while the client does not.
    void reply.code(plan.status).headers(plan.headers).send(content);
  }

  @Delete(':id')
  @StorageAccess('storage:write')
  @Audited('delete_file')
  @ApiOperation({ summary: 'Delete a file' })
  @ApiParam(FILE_ID)
  @ApiAnswer(200, fileDeleted)
  @ApiUploadErrors('NOT_FOUND')
  async delete(
    @Owner() owner: StorageOwner,
    @Param('id') id: string,
    @RequestCaller() caller: Caller,
  ): Promise<z.output<typeof fileDeleted>> {
    await this.files.delete(owner, id, caller);
    return { success: true, fileId: id, message: 'File deleted successfully' };
  }

  /** @throws TollgateError `not_found` */
  private async open({ storageKey }: UploadedFile, { range }: DownloadPlan): Promise<Readable> {
    // An empty stream, where an empty text would have the framework set a length of its own.
    if (range === undefined) return Readable.from([]);
    try {
      return await this.storage.read(storageKey, range);
    } catch (error) {
      if (!(error instanceof FileGoneError)) throw error;
      throw new TollgateError('not_found', "the file's content is gone from the storage", { cause: error });
    }
  }
}

/** @throws TollgateError `invalid_request` for whoever asks for the files of an account and is no operator */
function ownerFor(owner: StorageOwner, accountId: string | undefined): StorageOwner {
  if (accountId === undefined) return owner;
  if (owner.accountId !== undefined) throw new TollgateError('invalid_request', 'account_id: is for operators');
  return { accountId };
}
